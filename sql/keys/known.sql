-- What is known of a key by its name. Without a check: only its state and whose text that was about.
SELECT api_keys.owner_id, api_keys.access, api_keys.state, api_keys.paused_until, api_keys.last_error,
       key_checks.fingerprint, key_checks.checked_at, key_checks.access_level, key_checks.faction_id,
       key_checks.faction_access, key_checks.selections
FROM api_keys
LEFT JOIN key_checks ON key_checks.name = api_keys.name
WHERE api_keys.name = :name
