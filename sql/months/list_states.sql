-- Lists each month of each history table: its history rows now, and the record of its last summary and prune.
--
-- Months without history rows, observations or a record are left out.
-- rows: history rows in the month.
-- late: history rows that were added after the month was summarized.
-- observed: number of players, factions or tiles that were observed in the month.
-- is_carried: 1 if one of them has older history rows. Then the month can be summarized even without rows of its own.
-- is_imported: 1 if some of its summaries were imported, and count more history rows than are here.
-- has_summary: 0 if there are no summaries of the month, although it may be marked as summarized.
--
-- :until   unix seconds; only months that begin earlier are listed
WITH RECURSIVE
-- Each step looks for the first row, observation or record at or after the end of the month before.
-- The first step begins in 1970: negative timestamps are ignored.
months (period_end) AS (
    VALUES (0)
    UNION ALL
    SELECT (
        SELECT unixepoch(min(first), 'unixepoch', 'start of month', '+1 month')
        FROM (
            SELECT min(timestamp) AS first FROM player_stats_history WHERE timestamp >= months.period_end
            UNION ALL
            SELECT min(timestamp) FROM faction_history WHERE timestamp >= months.period_end
            UNION ALL
            SELECT min(recorded_at) FROM war_status_history WHERE recorded_at >= months.period_end
            UNION ALL
            SELECT min(recorded_at) FROM territory_ownership_history WHERE recorded_at >= months.period_end
            UNION ALL
            SELECT min(period_start) FROM player_observations WHERE period_start >= months.period_end
            UNION ALL
            SELECT min(period_start) FROM faction_observations WHERE period_start >= months.period_end
            UNION ALL
            SELECT min(period_start) FROM territory_observations WHERE period_start >= months.period_end
            UNION ALL
            SELECT min(period_start) FROM month_states WHERE period_start >= months.period_end
        )
    )
    FROM months
    WHERE period_end <= :until
),
spans AS MATERIALIZED (
    SELECT unixepoch(period_end, 'unixepoch', '-1 month') AS period_start, period_end
    FROM months
    WHERE period_end > 0 AND unixepoch(period_end, 'unixepoch', '-1 month') < :until
),
histories (history) AS (
    VALUES ('player_stats_history'), ('faction_history'), ('war_status_history'), ('territory_ownership_history')
),
-- Each CASE has one arm for each history table, because SQL cannot take the name of a table from a value.
found AS MATERIALIZED (
    SELECT
        histories.history,
        spans.period_start,
        -- One search in the index counts both the rows and the late rows of the month.
        CASE histories.history
            WHEN 'player_stats_history' THEN (
                SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
                FROM player_stats_history INDEXED BY idx_player_stats_timestamp
                WHERE timestamp >= spans.period_start AND timestamp < spans.period_end)
            WHEN 'faction_history' THEN (
                SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
                FROM faction_history INDEXED BY idx_faction_history_timestamp
                WHERE timestamp >= spans.period_start AND timestamp < spans.period_end)
            WHEN 'war_status_history' THEN (
                SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
                FROM war_status_history INDEXED BY idx_war_status_timestamp
                WHERE recorded_at >= spans.period_start AND recorded_at < spans.period_end)
            WHEN 'territory_ownership_history' THEN (
                SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
                FROM territory_ownership_history INDEXED BY idx_territory_ownership_timestamp
                WHERE recorded_at >= spans.period_start AND recorded_at < spans.period_end)
        END AS counts,
        CASE histories.history
            WHEN 'player_stats_history' THEN (
                SELECT count(*) FROM player_observations WHERE period_start = spans.period_start)
            WHEN 'faction_history' THEN (
                SELECT count(*) FROM faction_observations WHERE period_start = spans.period_start)
            WHEN 'territory_ownership_history' THEN (
                SELECT count(*) FROM territory_observations WHERE period_start = spans.period_start)
            ELSE 0                                -- wars have no table of observations
        END AS observed,
        CASE histories.history
            WHEN 'player_stats_history' THEN EXISTS (
                SELECT 1 FROM player_observations AS observed
                WHERE observed.period_start = spans.period_start
                  AND EXISTS (SELECT 1 FROM player_stats_history INDEXED BY idx_player_stats_player_time
                              WHERE player_id = observed.player_id AND timestamp < spans.period_start))
            WHEN 'faction_history' THEN EXISTS (
                SELECT 1 FROM faction_observations AS observed
                WHERE observed.period_start = spans.period_start
                  AND EXISTS (SELECT 1 FROM faction_history INDEXED BY idx_faction_history_faction_time
                              WHERE faction_id = observed.faction_id AND timestamp < spans.period_start))
            WHEN 'territory_ownership_history' THEN EXISTS (
                SELECT 1 FROM territory_observations AS observed
                WHERE observed.period_start = spans.period_start
                  AND EXISTS (
                      SELECT 1
                      FROM territory_ownership_history INDEXED BY idx_territory_ownership_territory_time
                      WHERE territory_id = observed.territory_id AND recorded_at < spans.period_start))
            ELSE 0
        END AS is_carried,
        CASE histories.history
            WHEN 'player_stats_history' THEN EXISTS (
                SELECT 1 FROM player_stats_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start)
            WHEN 'faction_history' THEN EXISTS (
                SELECT 1 FROM faction_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start)
            WHEN 'war_status_history' THEN EXISTS (
                SELECT 1 FROM war_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start)
            WHEN 'territory_ownership_history' THEN EXISTS (
                SELECT 1 FROM territory_ownership_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start)
        END AS has_summary,
        state.last_id, state.counted_rows, state.observed AS observed_then,
        state.summarized_at, state.pruned_at, state.purged_at,
        EXISTS (SELECT 1 FROM imported_summaries AS imported
                WHERE imported.history = histories.history AND imported.period_start = spans.period_start) AS is_imported
    FROM spans
    CROSS JOIN histories
    LEFT JOIN month_states AS state ON state.history = histories.history AND state.period_start = spans.period_start
)
SELECT
    history, period_start, counts ->> 0 AS rows, counts ->> 1 AS late, observed, is_carried, has_summary,
    last_id, counted_rows, observed_then, summarized_at, pruned_at, purged_at, is_imported
FROM found
ORDER BY period_start, history
