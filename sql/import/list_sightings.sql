-- Lists what is known about the factions of the imported players.
SELECT player_id, at, faction_id, joined_at, has_left
FROM main.membership_sightings
WHERE player_id IN (SELECT player_id FROM temp.imported_players)
   OR player_id IN (SELECT player_id FROM temp.imported_faction_membership)
   OR player_id IN (SELECT player_id FROM temp.imported_membership_sightings)
ORDER BY player_id
