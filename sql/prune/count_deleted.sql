-- Adds the rows that a step deleted to the record of the prune, in the same transaction.
--
-- :deleted   rows of the step
UPDATE prune_runs
SET deleted = deleted + :deleted
WHERE id = :id
