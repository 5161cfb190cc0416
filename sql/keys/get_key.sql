-- Returns the stored state and facts of a key, or no row.
-- A key that was never checked has only a state and a fingerprint. The caller compares the fingerprint: if it differs,
-- the row belongs to another key that had the same name.
--
-- :name   name of the key in the configuration
SELECT
    api_keys.owner_id,
    api_keys.access,
    api_keys.state,
    api_keys.paused_until,
    api_keys.last_error,
    key_checks.fingerprint,
    key_checks.checked_at,
    key_checks.access_level,
    key_checks.user_selections,
    key_checks.faction_selections,
    key_checks.torn_selections
FROM api_keys
LEFT JOIN key_checks ON key_checks.name = api_keys.name
WHERE api_keys.name = :name
