-- Records when each value of a player was told, changed or not.
-- A value that is NULL in this answer was not told.
--
-- :at   unix seconds; when Torn answered
INSERT INTO player_value_times (
    player_id,
    strength_at, defense_at, speed_at, dexterity_at, total_stats_at, level_at, life_maximum_at, networth_at
)
VALUES (
    :player_id,
    iif(:strength IS NOT NULL, :at, NULL),
    iif(:defense IS NOT NULL, :at, NULL),
    iif(:speed IS NOT NULL, :at, NULL),
    iif(:dexterity IS NOT NULL, :at, NULL),
    iif(:total_stats IS NOT NULL, :at, NULL),
    iif(:level IS NOT NULL, :at, NULL),
    iif(:life_maximum IS NOT NULL, :at, NULL),
    iif(:networth IS NOT NULL, :at, NULL)
)
ON CONFLICT (player_id) DO UPDATE SET
    strength_at = nullif(max(coalesce(excluded.strength_at, 0), coalesce(strength_at, 0)), 0),
    defense_at = nullif(max(coalesce(excluded.defense_at, 0), coalesce(defense_at, 0)), 0),
    speed_at = nullif(max(coalesce(excluded.speed_at, 0), coalesce(speed_at, 0)), 0),
    dexterity_at = nullif(max(coalesce(excluded.dexterity_at, 0), coalesce(dexterity_at, 0)), 0),
    total_stats_at = nullif(max(coalesce(excluded.total_stats_at, 0), coalesce(total_stats_at, 0)), 0),
    level_at = nullif(max(coalesce(excluded.level_at, 0), coalesce(level_at, 0)), 0),
    life_maximum_at = nullif(max(coalesce(excluded.life_maximum_at, 0), coalesce(life_maximum_at, 0)), 0),
    networth_at = nullif(max(coalesce(excluded.networth_at, 0), coalesce(networth_at, 0)), 0)
