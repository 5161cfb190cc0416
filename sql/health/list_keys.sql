-- Lists the configured keys by name, with their state and their access.
SELECT api_keys.name, state, paused_until, last_error, access, access_level
FROM api_keys
LEFT JOIN key_checks ON key_checks.name = api_keys.name
ORDER BY api_keys.name
