-- Sets the state of a key.
-- A dead key stays dead until the key under that name is replaced. The owner and the access of a replaced key are
-- cleared.
--
-- :name           name of the key in the configuration
-- :state          'ok', 'paused' or 'dead'
-- :paused_until   unix seconds; NULL: not paused
-- :last_error     error text
-- :fingerprint    hash of the key
INSERT INTO api_keys (name, state, paused_until, last_error)
VALUES (:name, :state, :paused_until, :last_error)
ON CONFLICT (name) DO UPDATE SET
    state = excluded.state,
    paused_until = excluded.paused_until,
    last_error = excluded.last_error,
    owner_id = iif((SELECT fingerprint FROM key_checks WHERE key_checks.name = excluded.name) = :fingerprint,
                   owner_id, NULL),
    access = iif((SELECT fingerprint FROM key_checks WHERE key_checks.name = excluded.name) = :fingerprint,
                 access, NULL)
WHERE state <> 'dead'
   OR NOT EXISTS (SELECT 1 FROM key_checks WHERE key_checks.name = excluded.name AND fingerprint = :fingerprint)
