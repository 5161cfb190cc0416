-- Records the start of a run.
--
-- :kind            'players', 'factions', 'wars' or 'territories'
-- :started_at      unix seconds
-- :configuration   absolute path of the configuration file; NULL: none
INSERT INTO fetch_runs (kind, started_at, status, configuration) VALUES (:kind, :started_at, 'running', :configuration)
