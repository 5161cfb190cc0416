-- How many on the roster are not known to be in the faction.
SELECT count(*)
FROM json_each(:members) AS member
WHERE NOT EXISTS (SELECT 1 FROM players WHERE player_id = member.value ->> 'id' AND faction_id = :faction_id)
