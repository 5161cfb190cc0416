-- Joins the times of told values of players with the stored ones: the later time stays.
INSERT INTO main.player_value_times (
    player_id,
    strength_at, defense_at, speed_at, dexterity_at, total_stats_at, level_at, life_maximum_at, networth_at
)
SELECT
    told.player_id,
    told.strength_at, told.defense_at, told.speed_at, told.dexterity_at, told.total_stats_at, told.level_at,
    told.life_maximum_at, told.networth_at
FROM temp.told_players AS told
JOIN main.players AS stored ON stored.player_id = told.player_id
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (player_id) DO UPDATE SET
    strength_at = nullif(max(coalesce(excluded.strength_at, 0), coalesce(strength_at, 0)), 0),
    defense_at = nullif(max(coalesce(excluded.defense_at, 0), coalesce(defense_at, 0)), 0),
    speed_at = nullif(max(coalesce(excluded.speed_at, 0), coalesce(speed_at, 0)), 0),
    dexterity_at = nullif(max(coalesce(excluded.dexterity_at, 0), coalesce(dexterity_at, 0)), 0),
    total_stats_at = nullif(max(coalesce(excluded.total_stats_at, 0), coalesce(total_stats_at, 0)), 0),
    level_at = nullif(max(coalesce(excluded.level_at, 0), coalesce(level_at, 0)), 0),
    life_maximum_at = nullif(max(coalesce(excluded.life_maximum_at, 0), coalesce(life_maximum_at, 0)), 0),
    networth_at = nullif(max(coalesce(excluded.networth_at, 0), coalesce(networth_at, 0)), 0)
