-- Notes the state of a key. A dead key stays dead until the key under that name changes; its facts are then cleared.
INSERT INTO api_keys (name, state, paused_until, last_error)
VALUES (:name, :state, :paused_until, :last_error)
ON CONFLICT (name) DO UPDATE
SET state = excluded.state, paused_until = excluded.paused_until, last_error = excluded.last_error,
    owner_id = iif((SELECT fingerprint FROM key_checks WHERE key_checks.name = excluded.name) = :fingerprint,
                   owner_id, NULL),
    access = iif((SELECT fingerprint FROM key_checks WHERE key_checks.name = excluded.name) = :fingerprint,
                 access, NULL)
WHERE state <> 'dead'
   OR NOT EXISTS (SELECT 1 FROM key_checks WHERE key_checks.name = excluded.name AND fingerprint = :fingerprint)
