-- Derives memberships from the imported states of players, for a source that has no memberships of its own.
INSERT INTO temp.imported_faction_membership (player_id, faction_id, first_seen_at, joined_at, left_at)
SELECT player_id, faction_id, last_updated, NULL, NULL
FROM temp.imported_players
WHERE faction_id IS NOT NULL AND last_updated > 0
