-- Counts the runs of one kind that failed or were killed after the last successful run, and returns the start of the newest one,
-- its error and its cause. No row: there are none.
-- The ids tell the order of the runs: the clock may have been changed between two of them.
-- NOT INDEXED: it reads the rows after :since_id only.
--
-- :kind       kind of the runs
-- :since_id   id of the last successful run; 0: there is none
-- :horizon    unix seconds; later timestamps were recorded while the clock was wrong
SELECT count(*) OVER () AS failures, started_at AS newest_at, error, cause
FROM fetch_runs NOT INDEXED
WHERE kind = :kind AND id > :since_id AND started_at <= :horizon
  AND status IN ('failed', 'killed')
ORDER BY id DESC
LIMIT 1
