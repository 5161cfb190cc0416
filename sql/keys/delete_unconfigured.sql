-- Deletes the keys that are no longer configured.
--
-- :names   JSON list of the configured names
DELETE FROM api_keys WHERE name NOT IN (SELECT value FROM json_each(:names))
