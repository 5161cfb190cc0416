-- What became of a key. One that is dead stays so until another text stands behind its name; of that nothing is known.
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
