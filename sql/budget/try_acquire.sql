-- Records one more call of an owner if the limit allows it; otherwise it inserts nothing.
-- The check and the insert are one statement, so that no other process can record a call in between.
--
-- :owner_id        player id of the key's owner; below 0 while the owner is unknown
-- :now_ms          unix milliseconds
-- :expires_at_ms   unix milliseconds; the call counts until then
-- :request_limit   calls that may count at the same time
INSERT INTO api_requests (owner_id, expires_at_ms)
SELECT :owner_id, :expires_at_ms
WHERE (SELECT count(*) FROM api_requests WHERE owner_id = :owner_id AND expires_at_ms > :now_ms) < :request_limit
