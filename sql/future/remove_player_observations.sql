-- Deletes the observations of players whose first_at is after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM player_observations WHERE first_at > :limit
