-- How far a run has come; each batch says so, so that a killed run tells what it saved.
UPDATE fetch_runs
SET requests = :requests, entities = :entities, appended = :appended, unchanged = :unchanged, failed = :failed
WHERE id = :id
