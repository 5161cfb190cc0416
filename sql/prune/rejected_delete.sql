-- Deletes old rejected answers, the oldest first, so many at a time.
--
-- :before   unix seconds
-- :step     rows
DELETE FROM rejected_payloads
WHERE id IN (SELECT id FROM rejected_payloads WHERE recorded_at < :before ORDER BY recorded_at LIMIT :step)
