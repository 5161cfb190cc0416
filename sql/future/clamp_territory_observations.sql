-- Sets last_at in observations of tiles to now if it is after :limit and first_at is not.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE territory_observations SET last_at = max(first_at, :now) WHERE last_at > :limit
