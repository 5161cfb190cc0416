-- Makes a call that has ended count for one more minute.
-- It reached Torn at some time before now, and Torn counts it for one minute.
--
-- :expires_at_ms   unix milliseconds; one minute from now
UPDATE api_requests SET expires_at_ms = :expires_at_ms WHERE id = :id
