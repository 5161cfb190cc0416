-- Deletes the observations of tiles whose first_at is after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM territory_observations WHERE first_at > :limit
