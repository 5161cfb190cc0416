-- Copies the faction memberships to the attached archive.
-- It runs after clear_archive_memberships.sql, so the table is empty.
INSERT INTO archive.faction_membership (id, player_id, faction_id, first_seen_at, joined_at, left_at)
SELECT id, player_id, faction_id, first_seen_at, joined_at, left_at
FROM main.faction_membership
