-- Where a step of about so many rows ends; nothing: fewer are left.
--
-- :from, :until   unix seconds, half-open
-- :step           rows
SELECT timestamp AS boundary
FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until
ORDER BY timestamp LIMIT 1 OFFSET :step
