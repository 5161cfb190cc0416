-- One more call of this owner, if fewer than the limit still count. One statement, so that no other process comes between.
INSERT INTO api_requests (owner_id, expires_at_ms)
SELECT :owner_id, :expires_at_ms
WHERE (SELECT count(*) FROM api_requests WHERE owner_id = :owner_id AND expires_at_ms > :now_ms) < :request_limit
