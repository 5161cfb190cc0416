-- How many rejected answers are old enough to go.
--
-- :before   unix seconds
SELECT count(*) AS rows, min(recorded_at) AS oldest, max(recorded_at) AS newest
FROM rejected_payloads
WHERE recorded_at < :before
