-- Sets the time of the last call about a war to now, if it is later and the first call is not.
--
-- :now     unix seconds
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE war_follow_ups
SET last_asked_at = max(first_asked_at, :now)
WHERE last_asked_at > :limit AND first_asked_at <= :limit
