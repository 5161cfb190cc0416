-- Keys that are no longer configured.
DELETE FROM api_keys WHERE name NOT IN (SELECT value FROM json_each(:names))
