-- Deletes the stored periods of lists of tiles that the joined ones replace.
DELETE FROM main.faction_tile_polls
WHERE faction_id IN (SELECT faction_id FROM temp.joined_tile_lists)
