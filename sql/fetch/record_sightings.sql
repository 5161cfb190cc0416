-- Records that a roster tells the faction of its members, or a profile that of its player. A newer sighting stays.
-- There is no sighting of players who are not on a roster: they may be in another faction. Their memberships end.
--
-- :members      JSON list of objects with the id of each player
-- :faction_id   NULL: in none
-- :at           unix seconds; when Torn answered
INSERT INTO membership_sightings (player_id, at, faction_id, has_left, newest_of)
SELECT member.value ->> 'id', :at, :faction_id, 0, database_id
FROM json_each(:members) AS member, database_identity
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (player_id, newest_of) WHERE newest_of IS NOT NULL DO UPDATE SET
    at = excluded.at,
    faction_id = excluded.faction_id
WHERE excluded.at >= at
