-- Stores the counts of a run after each batch.
-- A run that is killed later then still says what it has saved.
--
-- :id                   the run
-- :requests … :failed   counts, as in the table fetch_runs
UPDATE fetch_runs
SET requests = :requests,
    entities = :entities,
    appended = :appended,
    unchanged = :unchanged,
    failed = :failed
WHERE id = :id
