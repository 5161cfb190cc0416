-- Collects the newest values in the histories of the imported players, and when they were last told.
-- The histories are merged. Imported rows that repeat known values are not in them, but have told these values, too.
INSERT INTO temp.told_players (
    player_id,
    strength_at, defense_at, speed_at, dexterity_at, total_stats_at, level_at, life_maximum_at, networth_at, level,
    life_maximum
)
SELECT
    told.player_id,
    told.strength_at,
    told.defense_at,
    told.speed_at,
    told.dexterity_at,
    told.total_stats_at,
    nullif(max(coalesce(told.level_at, 0), coalesce(level_row.timestamp, 0)), 0),
    nullif(max(coalesce(told.life_maximum_at, 0), coalesce(life_maximum_row.timestamp, 0)), 0),
    told.networth_at,
    level_row.level,
    life_maximum_row.life_maximum
FROM (
    SELECT
        player_id,
        max(iif(strength IS NOT NULL, timestamp, NULL)) AS strength_at,
        max(iif(defense IS NOT NULL, timestamp, NULL)) AS defense_at,
        max(iif(speed IS NOT NULL, timestamp, NULL)) AS speed_at,
        max(iif(dexterity IS NOT NULL, timestamp, NULL)) AS dexterity_at,
        max(iif(total_stats IS NOT NULL, timestamp, NULL)) AS total_stats_at,
        max(iif(level IS NOT NULL, timestamp, NULL)) AS level_at,
        max(iif(life_maximum IS NOT NULL, timestamp, NULL)) AS life_maximum_at,
        max(iif(networth IS NOT NULL, timestamp, NULL)) AS networth_at
    FROM temp.imported_player_stats_history
    GROUP BY player_id
) AS told
LEFT JOIN main.player_stats_history AS level_row ON level_row.id = (
    SELECT id FROM main.player_stats_history WHERE told.level_at IS NOT NULL AND player_id = told.player_id AND level IS NOT NULL
    ORDER BY timestamp DESC, id DESC LIMIT 1)
LEFT JOIN main.player_stats_history AS life_maximum_row ON life_maximum_row.id = (
    SELECT id FROM main.player_stats_history WHERE told.life_maximum_at IS NOT NULL AND player_id = told.player_id
      AND life_maximum IS NOT NULL
    ORDER BY timestamp DESC, id DESC LIMIT 1)
