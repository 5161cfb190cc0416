-- Sets last_asked_at of war follow-ups to now if it is after :limit and first_asked_at is not.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE war_follow_ups
SET last_asked_at = max(first_asked_at, :now)
WHERE last_asked_at > :limit AND first_asked_at <= :limit
