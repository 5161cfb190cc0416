-- Deletes the observations of players whose first answer was recorded under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM player_observations WHERE first_at > :limit
