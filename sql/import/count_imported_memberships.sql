-- Counts the imported memberships of a player.
SELECT count(*)
FROM temp.imported_faction_membership
WHERE player_id = :player_id
