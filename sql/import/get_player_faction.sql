-- Returns the present faction of a player, and when Torn last answered about the player.
SELECT faction_id, last_updated
FROM main.players
WHERE player_id = :player_id
