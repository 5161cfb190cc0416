-- Records the start of a run.
--
-- :kind         'players', 'factions', 'wars' or 'territories'
-- :started_at   unix seconds
INSERT INTO fetch_runs (kind, started_at, status) VALUES (:kind, :started_at, 'running')
