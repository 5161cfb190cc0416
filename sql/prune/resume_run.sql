-- Continues the record of a prune that was interrupted.
--
-- :cutoff    unix seconds
-- :archive   current path of the archive; NULL: the rows are deleted
UPDATE prune_runs
SET cutoff = max(cutoff, :cutoff), archive = :archive
WHERE id = :id
