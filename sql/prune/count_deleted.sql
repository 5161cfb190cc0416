-- Counts what a step deleted, in the same transaction.
--
-- :id, :deleted   the run, and the step's rows
UPDATE prune_runs
SET deleted = deleted + :deleted
WHERE id = :id
