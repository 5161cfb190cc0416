-- Deletes the memberships of a player, before the merged ones are inserted.
DELETE FROM main.faction_membership
WHERE player_id = :player_id
