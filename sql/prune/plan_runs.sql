-- Counts the fetch runs that a prune would delete, and returns their oldest and newest timestamp.
--
-- :before   unix seconds
-- :kept     JSON list of the ids that are kept (see list_kept_runs.sql)
SELECT count(*) AS rows, min(started_at) AS oldest, max(started_at) AS newest
FROM fetch_runs INDEXED BY idx_fetch_runs_started
WHERE started_at < :before AND id NOT IN (SELECT value FROM json_each(:kept))
