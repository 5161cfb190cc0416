-- Which database is which collector, and how fresh is it? One row per database and history.
WITH
histories AS (
    SELECT database_id, 'player_stats_history' AS history, timestamp AS recorded_at, data_source FROM player_stats_history
    UNION ALL
    SELECT database_id, 'faction_history', timestamp, data_source FROM faction_history
    UNION ALL
    SELECT database_id, 'war_status_history', recorded_at, data_source FROM war_status_history
    UNION ALL
    SELECT database_id, 'territory_ownership_history', recorded_at, data_source FROM territory_ownership_history
),
answers AS (
    SELECT database_id, 'player_stats_history' AS history, last_at FROM player_observations
    UNION ALL
    SELECT database_id, 'faction_history', last_at FROM faction_observations
    UNION ALL
    SELECT database_id, 'territory_ownership_history', last_at FROM territory_observations
)
SELECT
    h.database_id,
    h.history,
    h.data_sources,                               -- names of the keys that the rows were fetched with, from A to Z
    h.row_count,                                  -- as stored, not merged
    h.first_at,
    h.last_at,                                    -- newest row, which is the newest change if only changes are recorded
    a.answered_at                                 -- newest answer, also one without a change; NULL: not known, as of wars
FROM (
    SELECT
        database_id, history, count(*) AS row_count, min(recorded_at) AS first_at, max(recorded_at) AS last_at,
        array_sort(array_agg(DISTINCT coalesce(data_source, '-'))) AS data_sources
    FROM histories
    GROUP BY database_id, history
) AS h
LEFT JOIN (
    SELECT database_id, history, max(last_at) AS answered_at FROM answers GROUP BY database_id, history
) AS a ON a.database_id = h.database_id AND a.history = h.history
