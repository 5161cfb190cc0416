-- Calls that no longer count, and those that a clock which was ahead has left in the future.
DELETE FROM api_requests
WHERE owner_id = :owner_id
  AND (expires_at_ms <= :now_ms OR expires_at_ms > :horizon_ms)
