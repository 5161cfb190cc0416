-- Where a step of about so many rows ends; no row: fewer are left.
-- Written for player_stats_history; src/store/history.rs puts the names of the other history tables in its place.
--
-- :from, :until   unix seconds, half-open
-- :step           rows
SELECT timestamp AS boundary
FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until
ORDER BY timestamp LIMIT 1 OFFSET :step
