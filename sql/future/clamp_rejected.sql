-- Sets the time at which a rejected answer was last seen to now, if it is later and the first time is not.
--
-- :now     unix seconds
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE rejected_payloads
SET last_seen_at = max(recorded_at, :now)
WHERE last_seen_at > :limit AND recorded_at <= :limit
