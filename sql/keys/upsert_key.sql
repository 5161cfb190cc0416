-- Stores the owner and the access of a key that Torn accepted, and clears its earlier state.
--
-- :name       name of the key in the configuration
-- :owner_id   player id of the owner
-- :access     Torn's name of the access type
INSERT INTO api_keys (name, owner_id, access, state)
VALUES (:name, :owner_id, :access, 'ok')
ON CONFLICT (name) DO UPDATE SET
    owner_id = excluded.owner_id,
    access = excluded.access,
    state = 'ok',
    paused_until = NULL,
    last_error = NULL
