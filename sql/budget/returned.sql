-- The call is over: it reached Torn at the latest now, so that is when its minute begins.
UPDATE api_requests SET expires_at_ms = :expires_at_ms WHERE id = :id
