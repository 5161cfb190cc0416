-- Lists all recorded calls, oldest first.
SELECT owner_id, expires_at_ms FROM api_requests ORDER BY id
