-- Deletes the periods of lists of tiles that begin after :limit, so that the next fetch records them again.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM faction_tile_polls WHERE first_at > :limit
