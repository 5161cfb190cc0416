-- Lists the player history rows that a prune keeps although they are older than the cut-off.
--
-- They are the newest row of each player before the cut-off, and the newest row in which each value is known. The next
-- month's summary starts with these values, and fetch compares new values with them.
-- Each value has its own look-up, because it can be in another row. Each look-up is one search in an index.
--
-- :cutoff   unix seconds; only older rows are listed
WITH
history AS NOT MATERIALIZED (
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_player_time WHERE timestamp < :cutoff
),
battle AS NOT MATERIALIZED (
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_battle_known
    WHERE timestamp < :cutoff AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
),
wealth AS NOT MATERIALIZED (
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_networth_known
    WHERE timestamp < :cutoff AND networth IS NOT NULL
),
newest AS MATERIALIZED (
    SELECT json_array(
        (SELECT id FROM history WHERE player_id = players.player_id
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM battle WHERE player_id = players.player_id AND strength IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM battle WHERE player_id = players.player_id AND defense IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM battle WHERE player_id = players.player_id AND speed IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM battle WHERE player_id = players.player_id AND dexterity IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM battle WHERE player_id = players.player_id AND total_stats IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM history WHERE player_id = players.player_id AND level IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM history WHERE player_id = players.player_id AND life_maximum IS NOT NULL
         ORDER BY timestamp DESC, id DESC LIMIT 1),
        (SELECT id FROM wealth WHERE player_id = players.player_id
         ORDER BY timestamp DESC, id DESC LIMIT 1)
    ) AS ids
    FROM players
)
SELECT DISTINCT kept.id, kept.timestamp AS moment
FROM newest, json_each(newest.ids) AS ids
CROSS JOIN player_stats_history AS kept ON kept.id = ids.value
ORDER BY moment, kept.id
