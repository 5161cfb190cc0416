-- Counts the rejected parts of answers in a period, and returns the newest error.
-- endpoint and error are bare columns: SQLite takes them from the row with the max(). last_seen_at may be NULL for a
-- part that was seen once only.
--
-- :since     unix seconds
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT
    coalesce(sum(times_on_day), 0) AS answers,
    max(max(recorded_at, coalesce(last_seen_at, 0))) AS newest_at,
    endpoint,
    error
FROM rejected_payloads
WHERE max(recorded_at, coalesce(last_seen_at, 0)) > :since
  AND max(recorded_at, coalesce(last_seen_at, 0)) <= :horizon
