-- Runs of this kind that failed or were killed since its last success, and the newest error among them.
-- Runs that began after :horizon were dated by a wrong clock. SQLite takes the other columns from the row that has the max().
SELECT count(*) AS failures, max(started_at) AS newest_at, error
FROM fetch_runs
WHERE kind = :kind AND started_at > :since AND started_at <= :horizon AND status IN ('failed', 'killed')
