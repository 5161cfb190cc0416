-- The key was used and is well.
UPDATE api_keys
SET last_used_at = :last_used_at, state = 'ok', paused_until = NULL
WHERE name = :name AND state <> 'dead'
