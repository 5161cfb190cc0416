-- Records the memberships of the imported players that are known here, before the import changes them.
-- Memberships are merged from all sightings, so that the order of imports does not matter.
INSERT INTO main.membership_sightings (player_id, at, faction_id, joined_at, has_left)
WITH named AS (
    SELECT player_id FROM temp.imported_players
    UNION SELECT player_id FROM temp.imported_faction_membership
    UNION SELECT player_id FROM temp.imported_membership_sightings
)
SELECT player_id, first_seen_at, faction_id, joined_at, 0
FROM main.faction_membership
WHERE player_id IN (SELECT player_id FROM named) AND (left_at IS NULL OR left_at > first_seen_at)
UNION ALL
SELECT player_id, left_at, faction_id, NULL, 1
FROM main.faction_membership
WHERE player_id IN (SELECT player_id FROM named) AND left_at IS NOT NULL
ON CONFLICT DO NOTHING
