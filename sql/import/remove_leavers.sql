-- Removes from a faction the imported players who are not on a newer roster of it, at the first known roster without them.
-- Their new faction is unknown until Torn answers about them, as after fetch/remove_leavers.sql.
UPDATE main.players
SET faction_id = NULL,
    last_updated = (
        SELECT min(at) FROM temp.rosters
        WHERE rosters.faction_id = players.faction_id AND rosters.at > players.last_updated)
WHERE last_updated > 0
  AND player_id IN (SELECT player_id FROM temp.imported_players)
  AND last_updated < (SELECT max(at) FROM temp.rosters WHERE rosters.faction_id = players.faction_id)
