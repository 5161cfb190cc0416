-- Ends the periods of factions that are no longer followed.
--
-- :factions   JSON list of the ids of the followed factions
UPDATE faction_tile_polls SET is_over = 1
WHERE NOT is_over AND faction_id NOT IN (SELECT value FROM json_each(:factions))
