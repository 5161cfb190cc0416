-- When the first of the calls that count will no longer do so.
SELECT min(expires_at_ms) FROM api_requests WHERE owner_id = :owner_id AND expires_at_ms > :now_ms
