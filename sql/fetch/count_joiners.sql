-- Counts the players on a roster who are not stored as members of the faction.
--
-- :members   JSON list of objects with id, name, level, state and description
SELECT count(*)
FROM json_each(:members) AS member
WHERE NOT EXISTS (
    SELECT 1 FROM players WHERE player_id = member.value ->> 'id' AND faction_id = :faction_id
)
