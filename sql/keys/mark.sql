-- What became of a key.
INSERT INTO api_keys (name, state, paused_until, last_error)
VALUES (:name, :state, :paused_until, :last_error)
ON CONFLICT (name) DO UPDATE
SET state = excluded.state, paused_until = excluded.paused_until, last_error = excluded.last_error
