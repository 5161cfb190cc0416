-- Sets finished_at of fetch runs to now if it is after :limit and started_at is not, and a later torn_at to NULL.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE fetch_runs
SET finished_at = max(started_at, :now),
    torn_at = iif(torn_at > :limit, NULL, torn_at)
WHERE finished_at > :limit AND started_at <= :limit
