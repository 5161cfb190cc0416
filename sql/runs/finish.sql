-- A run ends.
UPDATE fetch_runs
SET finished_at = :finished_at, status = :status, error = :error,
    requests = :requests, entities = :entities, appended = :appended, unchanged = :unchanged, failed = :failed
WHERE id = :id
