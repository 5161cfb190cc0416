-- Sets the faction of the imported players to that of their present membership. The two differ if two sources tell
-- different factions at the time of the newest state. A membership that is newer than the state does not count.
UPDATE main.players
SET faction_id = (
    SELECT faction_id FROM main.faction_membership AS present
    WHERE present.player_id = players.player_id AND present.left_at IS NULL)
WHERE player_id IN (SELECT player_id FROM temp.imported_players)
  AND last_updated > 0
  AND last_updated >= (
    SELECT max(max(first_seen_at, coalesce(left_at, 0))) FROM main.faction_membership AS any_stay
    WHERE any_stay.player_id = players.player_id)
