-- Deletes old records of fetches, so many at a time. The newest of each kind stays, and so does the newest good one.
--
-- :before   unix seconds
-- :step     rows
DELETE FROM fetch_runs
WHERE id IN (
    SELECT id FROM fetch_runs
    WHERE started_at < :before
      AND id NOT IN (SELECT max(id) FROM fetch_runs GROUP BY kind)
      AND id NOT IN (SELECT max(id) FROM fetch_runs WHERE status = 'ok' GROUP BY kind)
    ORDER BY id LIMIT :step
)
