-- Adds the joined periods of lists of tiles.
INSERT INTO main.faction_tile_polls (faction_id, first_at, last_at, is_over)
SELECT faction_id, first_at, last_at, is_over
FROM temp.joined_tile_lists
