-- How many records of fetches are old enough to go.
--
-- :before   unix seconds
-- :kept     JSON list of the ids that stay (see runs_kept.sql)
SELECT count(*) AS rows, min(started_at) AS oldest, max(started_at) AS newest
FROM fetch_runs INDEXED BY idx_fetch_runs_started
WHERE started_at < :before AND id NOT IN (SELECT value FROM json_each(:kept))
