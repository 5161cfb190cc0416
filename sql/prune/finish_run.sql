-- Notes that a prune is done.
--
-- :id, :finished_at   the run, and unix seconds
UPDATE prune_runs
SET finished_at = :finished_at
WHERE id = :id
