-- Records the newest sightings of the source: those that a database of tornsnap has of itself and of its own sources, or
-- the states of players of a source without an id. A newer sighting of the same source stays. Of one second, a faction
-- counts before none, and the larger id before the smaller one, as for the memberships: the order of imports does not matter.
--
-- :source   'plan' or 'csv', if the source says in which faction each player is; NULL: it has sightings, or none
INSERT INTO main.membership_sightings (player_id, at, faction_id, has_left, newest_of)
SELECT player_id, at, faction_id, 0, newest_of
FROM temp.imported_membership_sightings
WHERE newest_of IS NOT NULL
UNION ALL
SELECT player_id, last_updated, faction_id, 0, :source
FROM temp.imported_players
WHERE :source IS NOT NULL AND last_updated > 0
ON CONFLICT (player_id, newest_of) WHERE newest_of IS NOT NULL DO UPDATE SET
    at = excluded.at,
    faction_id = excluded.faction_id
WHERE (excluded.at, coalesce(excluded.faction_id, 0)) > (at, coalesce(faction_id, 0))
