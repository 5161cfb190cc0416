-- Goes on with a prune that was cut off.
--
-- :id, :cutoff, :archive   as in begin_run.sql
UPDATE prune_runs
SET cutoff = max(cutoff, :cutoff), archive = :archive
WHERE id = :id
