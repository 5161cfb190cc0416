-- The rows from before the cut-off that stay: of each player the newest, and the newest that knows each value.
-- The next month's start, and the question whether a value has changed, need them.
--
-- :cutoff   unix seconds
WITH newest AS MATERIALIZED (
    SELECT json_array(
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_player_time
        WHERE player_id = players.player_id AND timestamp < :cutoff
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_battle_known
        WHERE player_id = players.player_id AND timestamp < :cutoff AND strength IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_battle_known
        WHERE player_id = players.player_id AND timestamp < :cutoff AND defense IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_battle_known
        WHERE player_id = players.player_id AND timestamp < :cutoff AND speed IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_battle_known
        WHERE player_id = players.player_id AND timestamp < :cutoff AND dexterity IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_battle_known
        WHERE player_id = players.player_id AND timestamp < :cutoff AND total_stats IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_player_time
        WHERE player_id = players.player_id AND timestamp < :cutoff AND level IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_player_time
        WHERE player_id = players.player_id AND timestamp < :cutoff AND life_maximum IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM player_stats_history INDEXED BY idx_player_stats_networth_known
        WHERE player_id = players.player_id AND timestamp < :cutoff AND networth IS NOT NULL
        ORDER BY timestamp DESC, id DESC LIMIT 1)
    ) AS ids
    FROM players
)
SELECT DISTINCT stays.id, stays.timestamp AS moment
FROM newest, json_each(newest.ids) AS ids
CROSS JOIN player_stats_history AS stays ON stays.id = ids.value
ORDER BY moment, stays.id
