-- A call that was noted elsewhere.
INSERT INTO api_requests (owner_id, expires_at_ms) VALUES (:owner_id, :expires_at_ms)
