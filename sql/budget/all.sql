-- The calls that were made, oldest first.
SELECT owner_id, expires_at_ms FROM api_requests ORDER BY id
