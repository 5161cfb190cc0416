-- A key that is configured, with what Torn says of it.
INSERT INTO api_keys (name, owner_id, access, state)
VALUES (:name, :owner_id, :access, 'ok')
ON CONFLICT (name) DO UPDATE
SET owner_id = excluded.owner_id, access = excluded.access, state = 'ok', paused_until = NULL, last_error = NULL
