-- Records that a profile tells the faction of a player. A newer sighting stays.
--
-- :faction_id   NULL: in none
-- :at           unix seconds; when Torn answered
INSERT INTO membership_sightings (player_id, at, faction_id, has_left, newest_of)
SELECT :player_id, :at, :faction_id, 0, database_id
FROM database_identity
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (player_id, newest_of) WHERE newest_of IS NOT NULL DO UPDATE SET
    at = excluded.at,
    faction_id = excluded.faction_id
WHERE excluded.at >= at
