-- Counts a call that was recorded in another database.
-- `init` checks keys before the database exists, so it records those calls elsewhere and copies them here.
--
-- :owner_id        player id of the key's owner; below 0 while the owner is unknown
-- :expires_at_ms   unix milliseconds; the call counts until then
INSERT INTO api_requests (owner_id, expires_at_ms) VALUES (:owner_id, :expires_at_ms)
