-- Counts the runs of one kind that failed or were killed after :since, and returns the newest error and its cause.
-- error and cause are bare columns: SQLite takes them from the row with the max().
--
-- :kind      kind of the runs
-- :since     unix seconds; start of the last successful run
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT count(*) AS failures, max(started_at) AS newest_at, error, cause
FROM fetch_runs
WHERE kind = :kind AND started_at > :since AND started_at <= :horizon AND status IN ('failed', 'killed')
