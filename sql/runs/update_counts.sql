-- Stores the counts of a run, in the transaction of each batch.
-- They stay correct if the run is killed.
--
-- :requests … :failed   counts, as in the table fetch_runs
UPDATE fetch_runs
SET requests = :requests,
    entities = :entities,
    appended = :appended,
    unchanged = :unchanged,
    failed = :failed
WHERE id = :id
