-- Counts the rejected answers that a prune would delete, and returns their oldest and newest timestamp.
--
-- :before   unix seconds
SELECT count(*) AS rows, min(recorded_at) AS oldest, max(recorded_at) AS newest
FROM rejected_payloads
WHERE recorded_at < :before
