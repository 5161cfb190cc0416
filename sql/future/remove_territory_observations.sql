-- Deletes the observations of tiles whose first answer was recorded under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM territory_observations WHERE first_at > :limit
