-- Sets the time at which a finished call stops counting to one minute from now.
-- Torn counts a call for one minute from its arrival, which was some time before now.
--
-- :expires_at_ms   unix milliseconds; one minute from now
UPDATE api_requests SET expires_at_ms = :expires_at_ms WHERE id = :id
