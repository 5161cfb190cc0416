-- Records that the history rows that were just added to a pruned month are not late. They are the newest known values of
-- entities of which no older row is here.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
UPDATE main.month_states
SET last_id = (SELECT max(id) FROM main.player_stats_history)
WHERE history = :history AND period_start = :period_start
