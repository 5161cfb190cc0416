-- Deletes the calls of one owner that no longer count.
-- A call that expires after :horizon_ms was recorded while the clock was ahead. It is deleted too, because it would
-- count for too long.
--
-- :owner_id     player id of the key's owner; below 0 while the owner is unknown
-- :now_ms       unix milliseconds
-- :horizon_ms   unix milliseconds; no call can expire later
DELETE FROM api_requests
WHERE owner_id = :owner_id
  AND (expires_at_ms <= :now_ms OR expires_at_ms > :horizon_ms)
