-- How many records of fetches are old enough to go. The newest of each kind stays, and so does the newest good one.
--
-- :before   unix seconds
SELECT count(*) AS rows, min(started_at) AS oldest, max(started_at) AS newest
FROM fetch_runs
WHERE started_at < :before
  AND id NOT IN (SELECT max(id) FROM fetch_runs GROUP BY kind)
  AND id NOT IN (SELECT max(id) FROM fetch_runs WHERE status = 'ok' GROUP BY kind)
