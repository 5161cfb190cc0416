-- Returns when the next call of one owner stops counting, in unix milliseconds; NULL: no call counts.
--
-- :owner_id   player id of the key's owner; below 0 while the owner is unknown
-- :now_ms     unix milliseconds
SELECT min(expires_at_ms) FROM api_requests WHERE owner_id = :owner_id AND expires_at_ms > :now_ms
