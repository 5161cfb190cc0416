-- Returns the timestamp of the first row after the next :step rows; no row: no more than :step rows are left.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :from, :until   unix seconds; half-open interval
-- :step           number of rows
SELECT timestamp AS boundary
FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until
ORDER BY timestamp LIMIT 1 OFFSET :step
