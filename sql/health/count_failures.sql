-- Counts the runs of one kind that failed or were killed after the last successful run, and returns the start of the newest one,
-- its error and its cause. No row: there are none.
-- If two runs started in the same second, the one with the higher id is the later one.
--
-- :kind       kind of the runs
-- :since      unix seconds; start of the last successful run
-- :since_id   id of that run
-- :horizon    unix seconds; later timestamps were recorded while the clock was wrong
SELECT count(*) OVER () AS failures, started_at AS newest_at, error, cause
FROM fetch_runs
WHERE kind = :kind AND (started_at, id) > (:since, :since_id) AND started_at <= :horizon
  AND status IN ('failed', 'killed')
ORDER BY started_at DESC, id DESC
LIMIT 1
