-- Lists each month of each history table: its history rows now, and the record of what was done with it.
-- Months without history rows, observations or a record are left out.
--
-- rows: history rows in the month. late: those with a higher id than any when the month was summarized.
-- observed: entities that were observed in the month. is_carried: 1 when one of them has older rows, so that the month
-- has something to summarize even without rows of its own. has_summary: 0 when the record says that the month was
-- summarized and the summaries are gone all the same.
--
-- :until   unix seconds; only months that begin before this
WITH RECURSIVE
months (period_start) AS (
    SELECT unixepoch(first, 'unixepoch', 'start of month')
    FROM (
        SELECT min(first) AS first
        FROM (
            SELECT min(timestamp) AS first FROM player_stats_history WHERE timestamp >= 0
            UNION ALL SELECT min(timestamp) AS first FROM faction_history WHERE timestamp >= 0
            UNION ALL SELECT min(recorded_at) AS first FROM war_status_history WHERE recorded_at >= 0
            UNION ALL SELECT min(recorded_at) AS first FROM territory_ownership_history WHERE recorded_at >= 0
            UNION ALL SELECT min(period_start) FROM player_observations WHERE period_start >= 0
            UNION ALL SELECT min(period_start) FROM faction_observations WHERE period_start >= 0
            UNION ALL SELECT min(period_start) FROM territory_observations WHERE period_start >= 0
            UNION ALL SELECT min(period_start) FROM month_states WHERE period_start >= 0
        )
    )
    UNION ALL
    SELECT (
        SELECT unixepoch(min(first), 'unixepoch', 'start of month')
        FROM (
            SELECT min(timestamp) AS first FROM player_stats_history WHERE timestamp >= unixepoch(months.period_start, 'unixepoch', '+1 month')
            UNION ALL SELECT min(timestamp) AS first FROM faction_history WHERE timestamp >= unixepoch(months.period_start, 'unixepoch', '+1 month')
            UNION ALL SELECT min(recorded_at) AS first FROM war_status_history WHERE recorded_at >= unixepoch(months.period_start, 'unixepoch', '+1 month')
            UNION ALL SELECT min(recorded_at) AS first FROM territory_ownership_history WHERE recorded_at >= unixepoch(months.period_start, 'unixepoch', '+1 month')
            UNION ALL SELECT min(period_start) FROM player_observations WHERE period_start >= unixepoch(months.period_start, 'unixepoch', '+1 month')
            UNION ALL SELECT min(period_start) FROM faction_observations WHERE period_start >= unixepoch(months.period_start, 'unixepoch', '+1 month')
            UNION ALL SELECT min(period_start) FROM territory_observations WHERE period_start >= unixepoch(months.period_start, 'unixepoch', '+1 month')
            UNION ALL SELECT min(period_start) FROM month_states WHERE period_start >= unixepoch(months.period_start, 'unixepoch', '+1 month')
        )
    )
    FROM months WHERE period_start < :until
),
spans AS MATERIALIZED (
    SELECT period_start, unixepoch(period_start, 'unixepoch', '+1 month') AS period_end
    FROM months WHERE period_start < :until
),
-- Rows and late rows of a month come from one walk through its index entries.
found AS MATERIALIZED (
    SELECT
        'player_stats_history' AS history, spans.period_start AS period_start,
        (SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
         FROM player_stats_history INDEXED BY idx_player_stats_timestamp
         WHERE timestamp >= spans.period_start AND timestamp < spans.period_end) AS counts,
        (SELECT count(*) FROM player_observations WHERE period_start = spans.period_start) AS observed,
        EXISTS (SELECT 1 FROM player_observations AS observed
                WHERE observed.period_start = spans.period_start
                  AND EXISTS (SELECT 1 FROM player_stats_history INDEXED BY idx_player_stats_player_time
                              WHERE player_id = observed.player_id AND timestamp < spans.period_start)) AS is_carried,
        EXISTS (SELECT 1 FROM player_stats_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start) AS has_summary,
        state.last_id, state.counted_rows, state.observed AS observed_then,
        state.summarized_at, state.pruned_at, state.purged_at
    FROM spans
    LEFT JOIN month_states AS state ON state.history = 'player_stats_history' AND state.period_start = spans.period_start
    UNION ALL
    SELECT
        'faction_history' AS history, spans.period_start AS period_start,
        (SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
         FROM faction_history INDEXED BY idx_faction_history_timestamp
         WHERE timestamp >= spans.period_start AND timestamp < spans.period_end) AS counts,
        (SELECT count(*) FROM faction_observations WHERE period_start = spans.period_start) AS observed,
        EXISTS (SELECT 1 FROM faction_observations AS observed
                WHERE observed.period_start = spans.period_start
                  AND EXISTS (SELECT 1 FROM faction_history INDEXED BY idx_faction_history_faction_time
                              WHERE faction_id = observed.faction_id AND timestamp < spans.period_start)) AS is_carried,
        EXISTS (SELECT 1 FROM faction_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start) AS has_summary,
        state.last_id, state.counted_rows, state.observed AS observed_then,
        state.summarized_at, state.pruned_at, state.purged_at
    FROM spans
    LEFT JOIN month_states AS state ON state.history = 'faction_history' AND state.period_start = spans.period_start
    UNION ALL
    SELECT
        'war_status_history' AS history, spans.period_start AS period_start,
        (SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
         FROM war_status_history INDEXED BY idx_war_status_timestamp
         WHERE recorded_at >= spans.period_start AND recorded_at < spans.period_end) AS counts,
        0 AS observed,
        0 AS is_carried,
        EXISTS (SELECT 1 FROM war_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start) AS has_summary,
        state.last_id, state.counted_rows, state.observed AS observed_then,
        state.summarized_at, state.pruned_at, state.purged_at
    FROM spans
    LEFT JOIN month_states AS state ON state.history = 'war_status_history' AND state.period_start = spans.period_start
    UNION ALL
    SELECT
        'territory_ownership_history' AS history, spans.period_start AS period_start,
        (SELECT json_array(count(*), count(*) FILTER (WHERE id > state.last_id))
         FROM territory_ownership_history INDEXED BY idx_territory_ownership_timestamp
         WHERE recorded_at >= spans.period_start AND recorded_at < spans.period_end) AS counts,
        (SELECT count(*) FROM territory_observations WHERE period_start = spans.period_start) AS observed,
        EXISTS (SELECT 1 FROM territory_observations AS observed
                WHERE observed.period_start = spans.period_start
                  AND EXISTS (SELECT 1 FROM territory_ownership_history INDEXED BY idx_territory_ownership_territory_time
                              WHERE territory_id = observed.territory_id AND recorded_at < spans.period_start)) AS is_carried,
        EXISTS (SELECT 1 FROM territory_ownership_summary
                WHERE period_type = 'monthly' AND period_start = spans.period_start) AS has_summary,
        state.last_id, state.counted_rows, state.observed AS observed_then,
        state.summarized_at, state.pruned_at, state.purged_at
    FROM spans
    LEFT JOIN month_states AS state ON state.history = 'territory_ownership_history' AND state.period_start = spans.period_start
)
SELECT
    history, period_start, counts ->> 0 AS rows, counts ->> 1 AS late, observed, is_carried, has_summary,
    last_id, counted_rows, observed_then, summarized_at, pruned_at, purged_at
FROM found
ORDER BY period_start, history
