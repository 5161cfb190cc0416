-- Returns whether a history has no row of a month, although none was pruned: imports have removed them all.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history        name of the history table
-- :from, :until   start and end of the month, unix seconds
SELECT
    NOT EXISTS (SELECT 1 FROM player_stats_history WHERE timestamp >= :from AND timestamp < :until)
    AND NOT EXISTS (
        SELECT 1 FROM month_states WHERE history = :history AND period_start = :from AND pruned_at IS NOT NULL)
    AND EXISTS (
        SELECT 1 FROM repeated_rows WHERE history = :history AND at >= :from AND at < :until) AS has_none
