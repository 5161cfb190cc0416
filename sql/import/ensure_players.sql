-- Makes sure that each player whom an imported row names has a row, so that other rows can refer to it.
-- A new player gets a placeholder for the name. Its last_updated is 0, because the player was not observed.
--
-- :now   unix seconds
INSERT INTO main.players (player_id, name, created_at, last_updated)
SELECT named.player_id, 'Player ' || named.player_id, :now, 0
FROM (
    SELECT player_id FROM temp.imported_player_stats_history
    UNION SELECT player_id FROM temp.imported_player_observations
    UNION SELECT player_id FROM temp.imported_faction_membership
    UNION SELECT player_id FROM temp.imported_player_stats_summary
    UNION SELECT player_id FROM temp.imported_membership_sightings
) AS named
WHERE named.player_id IS NOT NULL
ORDER BY named.player_id
ON CONFLICT (player_id) DO NOTHING
