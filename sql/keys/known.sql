-- Looks a key up by its name. A key that was never checked has only a state and the fingerprint that it belongs to.
SELECT api_keys.owner_id, api_keys.access, api_keys.state, api_keys.paused_until, api_keys.last_error,
       key_checks.fingerprint, key_checks.checked_at, key_checks.access_level,
       key_checks.user_selections, key_checks.faction_selections, key_checks.torn_selections
FROM api_keys
LEFT JOIN key_checks ON key_checks.name = api_keys.name
WHERE api_keys.name = :name
