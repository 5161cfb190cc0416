-- Returns the player with the most history rows.
SELECT player_id FROM player_stats_history GROUP BY player_id ORDER BY count(*) DESC, player_id LIMIT 1
