-- Records what the source knows about the factions of its players. The rows of the players are there already.
--
-- :faction_known   1: the source says in which faction each player is
-- :database_id     id of the source; NULL: it is no database of tornsnap
INSERT OR IGNORE INTO main.membership_sightings (player_id, at, faction_id, joined_at, has_left, newest_of)
SELECT player_id, at, faction_id, joined_at, has_left, newest_of
FROM temp.imported_membership_sightings
UNION ALL
SELECT player_id, first_seen_at, faction_id, joined_at, 0, NULL
FROM temp.imported_faction_membership
WHERE left_at IS NULL OR left_at > first_seen_at
UNION ALL
SELECT player_id, left_at, faction_id, NULL, 1, NULL
FROM temp.imported_faction_membership
WHERE left_at IS NOT NULL
UNION ALL
SELECT player_id, last_updated, faction_id, NULL, 0, :database_id
FROM temp.imported_players
WHERE :faction_known AND last_updated > 0
