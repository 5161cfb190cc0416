-- Deletes the oldest fetch runs, one step at a time.
--
-- :before   unix seconds
-- :step     maximal number of rows
-- :kept     JSON list of the ids that are kept (see list_kept_runs.sql)
DELETE FROM fetch_runs
WHERE id IN (
    SELECT id FROM fetch_runs INDEXED BY idx_fetch_runs_started
    WHERE started_at < :before AND id NOT IN (SELECT value FROM json_each(:kept))
    ORDER BY started_at LIMIT :step
)
