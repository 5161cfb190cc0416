-- Records what is known here about the factions of the imported players, before the import changes it.
-- Memberships are merged from all sightings, so that the order of imports does not matter.
INSERT OR IGNORE INTO main.membership_sightings (player_id, at, faction_id, joined_at, has_left, newest_of)
WITH named AS (
    SELECT player_id FROM temp.imported_players
    UNION SELECT player_id FROM temp.imported_faction_membership
    UNION SELECT player_id FROM temp.imported_membership_sightings
)
SELECT player_id, first_seen_at, faction_id, joined_at, 0, NULL
FROM main.faction_membership
WHERE player_id IN (SELECT player_id FROM named) AND (left_at IS NULL OR left_at > first_seen_at)
UNION ALL
SELECT player_id, left_at, faction_id, NULL, 1, NULL
FROM main.faction_membership
WHERE player_id IN (SELECT player_id FROM named) AND left_at IS NOT NULL
UNION ALL
SELECT player_id, last_updated, faction_id, NULL, 0, (SELECT database_id FROM main.database_identity)
FROM main.players
WHERE player_id IN (SELECT player_id FROM named) AND last_updated > 0
