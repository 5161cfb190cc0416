-- Goes on with a prune that was cut off.
--
-- :id, :cutoff   the run, and unix seconds
-- :archive       where the archive is now
UPDATE prune_runs
SET cutoff = max(cutoff, :cutoff), archive = :archive
WHERE id = :id
