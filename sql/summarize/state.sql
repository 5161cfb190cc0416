-- How one month stands: its detail now, and what its summary was made from. One row for each history table.
--
-- summarized_rows is the detail that the summary counted: more detail now means that some came late, less that some was
-- pruned.
--
-- :period_start, :period_end   the month, half-open, unix seconds
SELECT
    'player_stats_history' AS history,
    (SELECT count(*) FROM player_stats_history INDEXED BY idx_player_stats_timestamp
     WHERE timestamp >= :period_start AND timestamp < :period_end) AS history_rows,
    (SELECT count(*) FROM player_stats_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end) AS summary_rows,
    (SELECT coalesce(sum(record_count), 0) FROM player_stats_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end) AS summarized_rows
UNION ALL
SELECT
    'faction_history',
    (SELECT count(*) FROM faction_history INDEXED BY idx_faction_history_timestamp
     WHERE timestamp >= :period_start AND timestamp < :period_end) AS history_rows,
    (SELECT count(*) FROM faction_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end) AS summary_rows,
    (SELECT coalesce(sum(record_count), 0) FROM faction_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end) AS summarized_rows
UNION ALL
SELECT
    'war_status_history',
    (SELECT count(*) FROM war_status_history INDEXED BY idx_war_status_timestamp
     WHERE recorded_at >= :period_start AND recorded_at < :period_end),
    (SELECT count(*) FROM war_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end),
    (SELECT coalesce(sum(record_count), 0) FROM war_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end)
UNION ALL
SELECT
    'territory_ownership_history',
    (SELECT count(*) FROM territory_ownership_history INDEXED BY idx_territory_ownership_timestamp
     WHERE recorded_at >= :period_start AND recorded_at < :period_end),
    (SELECT count(*) FROM territory_ownership_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end),
    (SELECT coalesce(sum(record_count), 0) FROM territory_ownership_summary
     WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end)
