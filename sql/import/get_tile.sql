-- Returns the present owner and racket of a tile, or no row if the tile is not known.
--
-- :territory_id   the letters of the tile
SELECT faction_id, racket_type, racket_level
FROM main.territories
WHERE territory_id = :territory_id
