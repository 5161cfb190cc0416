-- Lists the stored and the imported memberships of the players for whom any were imported.
SELECT player_id, 0 AS is_imported, faction_id, first_seen_at, joined_at, left_at
FROM main.faction_membership
WHERE player_id IN (SELECT player_id FROM temp.imported_faction_membership)
   OR player_id IN (SELECT player_id FROM temp.imported_players)
UNION ALL
SELECT player_id, 1, faction_id, first_seen_at, joined_at, left_at
FROM temp.imported_faction_membership
ORDER BY player_id, is_imported, first_seen_at
