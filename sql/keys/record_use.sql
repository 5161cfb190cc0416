-- Records that a key was used and works.
-- A pause that another process has stored in the meantime stays, and so does a dead key.
--
-- :name           name of the key in the configuration
-- :last_used_at   unix seconds
UPDATE api_keys
SET last_used_at = :last_used_at,
    state = iif(state = 'paused' AND paused_until > :last_used_at, state, 'ok'),
    paused_until = iif(paused_until > :last_used_at, paused_until, NULL)
WHERE name = :name AND state <> 'dead'
