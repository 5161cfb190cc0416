-- Parts of answers that did not fit in the last day, and why the newest one did not. SQLite takes the other columns from
-- the row that has the max(). last_seen_at may be NULL in rows that were never seen again.
--
-- :since, :horizon   unix seconds; moments after the horizon were written under a wrong clock
SELECT coalesce(sum(times_on_day), 0) AS answers, max(max(recorded_at, coalesce(last_seen_at, 0))) AS newest_at,
       endpoint, error
FROM rejected_payloads
WHERE max(recorded_at, coalesce(last_seen_at, 0)) > :since
  AND max(recorded_at, coalesce(last_seen_at, 0)) <= :horizon
