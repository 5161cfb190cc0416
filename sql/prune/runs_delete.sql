-- Deletes old records of fetches, so many at a time, the oldest first.
--
-- :before   unix seconds
-- :step     rows
-- :kept     JSON list of the ids that stay (see runs_kept.sql)
DELETE FROM fetch_runs
WHERE id IN (
    SELECT id FROM fetch_runs INDEXED BY idx_fetch_runs_started
    WHERE started_at < :before AND id NOT IN (SELECT value FROM json_each(:kept))
    ORDER BY started_at LIMIT :step
)
