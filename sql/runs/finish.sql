-- A run ends. A run under a wrong clock gets the time that Torn's answer told.
UPDATE fetch_runs
SET finished_at = :finished_at, started_at = coalesce(:real_time, started_at),
    status = :status, error = :error,
    requests = :requests, entities = :entities, appended = :appended, unchanged = :unchanged, failed = :failed
WHERE id = :id
