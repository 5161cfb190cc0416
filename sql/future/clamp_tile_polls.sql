-- Sets last_at in the periods of lists of tiles to now if it is after :limit and first_at is not.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE faction_tile_polls
SET last_at = max(first_at, :now)
WHERE last_at > :limit AND first_at <= :limit
