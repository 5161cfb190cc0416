-- Lists the configured keys by name, with their state and what they may read.
SELECT api_keys.name, state, paused_until, last_error, access, access_level, user_selections
FROM api_keys
LEFT JOIN key_checks ON key_checks.name = api_keys.name
ORDER BY api_keys.name
