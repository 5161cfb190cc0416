-- Records that the history rows that were just added to a pruned month are not late.
-- Either the summaries of the month count them, or they are the newest known values of entities without older rows.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
UPDATE main.month_states
SET last_id = (SELECT coalesce(max(id), 0) FROM main.player_stats_history)
WHERE history = :history AND period_start = :period_start
