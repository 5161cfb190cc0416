-- Who was in which faction, as the main file has it.
INSERT INTO archive.faction_membership (id, player_id, faction_id, first_seen_at, joined_at, left_at)
SELECT id, player_id, faction_id, first_seen_at, joined_at, left_at
FROM main.faction_membership
