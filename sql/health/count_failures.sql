-- Counts the runs of one kind that failed or were killed after its last success, and returns the newest error among
-- them.
-- SQLite takes the other columns from the row that has the max().
--
-- :kind      kind of the runs
-- :since     unix seconds; start of the last successful run
-- :horizon   unix seconds; later timestamps were recorded under a wrong clock
SELECT count(*) AS failures, max(started_at) AS newest_at, error
FROM fetch_runs
WHERE kind = :kind AND started_at > :since AND started_at <= :horizon AND status IN ('failed', 'killed')
