-- Where a step of about so many rows ends; nothing: fewer are left.
--
-- :from, :until   unix seconds, half-open
-- :step           rows
SELECT recorded_at AS boundary
FROM war_status_history INDEXED BY idx_war_status_timestamp
WHERE recorded_at >= :from AND recorded_at < :until
ORDER BY recorded_at LIMIT 1 OFFSET :step
