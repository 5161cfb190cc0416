-- Restarts the minute of a call that has ended.
-- The call reached Torn at the latest now, so it counts for one minute from now.
--
-- :id              the row of the call
-- :expires_at_ms   unix milliseconds; one minute from now
UPDATE api_requests SET expires_at_ms = :expires_at_ms WHERE id = :id
