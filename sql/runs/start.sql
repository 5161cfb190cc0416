-- A run begins.
INSERT INTO fetch_runs (kind, started_at, status) VALUES (:kind, :started_at, 'running')
