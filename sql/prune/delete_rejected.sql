-- Deletes the oldest rejected answers, one step at a time.
--
-- :before   unix seconds
-- :step     maximal number of rows
DELETE FROM rejected_payloads
WHERE id IN (
    SELECT id FROM rejected_payloads
    WHERE recorded_at < :before
    ORDER BY recorded_at LIMIT :step
)
