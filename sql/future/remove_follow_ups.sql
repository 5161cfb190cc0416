-- Deletes the records of calls about wars that began under a clock that was ahead; the next fetch of wars calls again.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM war_follow_ups WHERE first_asked_at > :limit
