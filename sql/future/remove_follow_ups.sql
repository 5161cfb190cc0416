-- Deletes the war follow-ups whose first_asked_at is after :limit; the next fetch of wars asks again.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM war_follow_ups WHERE first_asked_at > :limit
