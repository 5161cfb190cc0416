-- Lists when the values of players were last told to another database of tornsnap, up to a time.
--
-- ?1   unix seconds; later times were recorded while a clock was ahead
SELECT
    player_id,
    iif(strength_at <= ?1, strength_at, NULL),
    iif(defense_at <= ?1, defense_at, NULL),
    iif(speed_at <= ?1, speed_at, NULL),
    iif(dexterity_at <= ?1, dexterity_at, NULL),
    iif(total_stats_at <= ?1, total_stats_at, NULL),
    iif(level_at <= ?1, level_at, NULL),
    iif(life_maximum_at <= ?1, life_maximum_at, NULL),
    iif(networth_at <= ?1, networth_at, NULL)
FROM player_value_times
