-- The monthly summary of each player, computed from the merged history, with the columns and values of `tornsnap summarize`.
--
-- start: last known value before the month, or the first in it. end: last known value before the end of the month. NULL: not
-- known. A player gets a summary if there are history rows in the month, or older ones and an observation in the month.
-- Only months that are over at lake_settings.now have one.
-- networth_change is NULL if the difference does not fit into 64 bits.
-- If the lake lacks rows of the month, the summary is that of `tornsnap`: see player_stored.sql.
WITH
dated AS (
    SELECT h.*, date_trunc('month', h.timestamp) AS period_start
    FROM lake_player_changes AS h
),
in_month AS (
    SELECT
        player_id, period_start, count(*) AS record_count,
        min_by(strength, CASE WHEN strength IS NOT NULL THEN place END) AS first_strength,
        max_by(strength, CASE WHEN strength IS NOT NULL THEN place END) AS last_strength,
        min_by(defense, CASE WHEN defense IS NOT NULL THEN place END) AS first_defense,
        max_by(defense, CASE WHEN defense IS NOT NULL THEN place END) AS last_defense,
        min_by(speed, CASE WHEN speed IS NOT NULL THEN place END) AS first_speed,
        max_by(speed, CASE WHEN speed IS NOT NULL THEN place END) AS last_speed,
        min_by(dexterity, CASE WHEN dexterity IS NOT NULL THEN place END) AS first_dexterity,
        max_by(dexterity, CASE WHEN dexterity IS NOT NULL THEN place END) AS last_dexterity,
        min_by(total_stats, CASE WHEN total_stats IS NOT NULL THEN place END) AS first_total_stats,
        max_by(total_stats, CASE WHEN total_stats IS NOT NULL THEN place END) AS last_total_stats,
        min_by(level, CASE WHEN level IS NOT NULL THEN place END) AS first_level,
        max_by(level, CASE WHEN level IS NOT NULL THEN place END) AS last_level,
        min_by(life_maximum, CASE WHEN life_maximum IS NOT NULL THEN place END) AS first_life_maximum,
        max_by(life_maximum, CASE WHEN life_maximum IS NOT NULL THEN place END) AS last_life_maximum,
        min_by(networth, CASE WHEN networth IS NOT NULL THEN place END) AS first_networth,
        max_by(networth, CASE WHEN networth IS NOT NULL THEN place END) AS last_networth
    FROM dated
    GROUP BY player_id, period_start
),
-- The months in which the player was only observed have no values of their own.
months AS (
    SELECT player_id, period_start FROM in_month
    UNION
    SELECT player_id, period_start FROM player_observations
),
chained AS (
    SELECT
        m.player_id, m.period_start, coalesce(r.record_count, 0) AS record_count,
        sum(coalesce(r.record_count, 0)) OVER (PARTITION BY m.player_id ORDER BY m.period_start) AS rows_so_far,
        r.first_strength, r.last_strength,
        r.first_defense, r.last_defense,
        r.first_speed, r.last_speed,
        r.first_dexterity, r.last_dexterity,
        r.first_total_stats, r.last_total_stats,
        r.first_level, r.last_level,
        r.first_life_maximum, r.last_life_maximum,
        r.first_networth, r.last_networth
    FROM months AS m
    LEFT JOIN in_month AS r ON r.player_id = m.player_id AND r.period_start = m.period_start
),
before_month AS (
    SELECT
        *,
        max_by(last_strength, CASE WHEN last_strength IS NOT NULL THEN period_start END) OVER earlier AS before_strength,
        max_by(last_defense, CASE WHEN last_defense IS NOT NULL THEN period_start END) OVER earlier AS before_defense,
        max_by(last_speed, CASE WHEN last_speed IS NOT NULL THEN period_start END) OVER earlier AS before_speed,
        max_by(last_dexterity, CASE WHEN last_dexterity IS NOT NULL THEN period_start END) OVER earlier AS before_dexterity,
        max_by(last_total_stats, CASE WHEN last_total_stats IS NOT NULL THEN period_start END) OVER earlier
            AS before_total_stats,
        max_by(last_level, CASE WHEN last_level IS NOT NULL THEN period_start END) OVER earlier AS before_level,
        max_by(last_life_maximum, CASE WHEN last_life_maximum IS NOT NULL THEN period_start END) OVER earlier
            AS before_life_maximum,
        max_by(last_networth, CASE WHEN last_networth IS NOT NULL THEN period_start END) OVER earlier AS before_networth
    FROM chained
    WINDOW earlier AS (PARTITION BY player_id ORDER BY period_start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
known AS (
    SELECT
        player_id, period_start, record_count,
        coalesce(before_strength, first_strength) AS strength_start,
        coalesce(last_strength, before_strength) AS strength_end,
        coalesce(before_defense, first_defense) AS defense_start,
        coalesce(last_defense, before_defense) AS defense_end,
        coalesce(before_speed, first_speed) AS speed_start,
        coalesce(last_speed, before_speed) AS speed_end,
        coalesce(before_dexterity, first_dexterity) AS dexterity_start,
        coalesce(last_dexterity, before_dexterity) AS dexterity_end,
        coalesce(before_total_stats, first_total_stats) AS total_stats_start,
        coalesce(last_total_stats, before_total_stats) AS total_stats_end,
        coalesce(before_level, first_level) AS level_start,
        coalesce(last_level, before_level) AS level_end,
        coalesce(before_life_maximum, first_life_maximum) AS life_maximum_start,
        coalesce(last_life_maximum, before_life_maximum) AS life_maximum_end,
        coalesce(before_networth, first_networth) AS networth_start,
        coalesce(last_networth, before_networth) AS networth_end
    FROM before_month
    WHERE rows_so_far > 0
)
SELECT
    player_id,
    period_start,
    period_start + INTERVAL '1' MONTH AS period_end,
    'monthly' AS period_type,
    strength_start,
    strength_end,
    strength_end - strength_start AS strength_change,
    defense_start,
    defense_end,
    defense_end - defense_start AS defense_change,
    speed_start,
    speed_end,
    speed_end - speed_start AS speed_change,
    dexterity_start,
    dexterity_end,
    dexterity_end - dexterity_start AS dexterity_change,
    total_stats_start,
    total_stats_end,
    total_stats_end - total_stats_start AS total_stats_change,
    level_start,
    level_end,
    level_end - level_start AS level_change,
    life_maximum_start,
    life_maximum_end,
    networth_start,
    networth_end,
    CASE WHEN CAST(networth_end AS DECIMAL(38, 0)) - CAST(networth_start AS DECIMAL(38, 0))
        BETWEEN -9223372036854775808 AND 9223372036854775807
        THEN networth_end - networth_start END AS networth_change,
    record_count
FROM known
WHERE period_start + INTERVAL '1' MONTH <= (SELECT max(now) FROM lake_settings)
  AND NOT EXISTS (
      SELECT 1 FROM lake_player_stored AS s WHERE s.player_id = known.player_id AND s.period_start = known.period_start)
UNION ALL
SELECT
    player_id, period_start, period_end, period_type, strength_start, strength_end, strength_change, defense_start,
    defense_end, defense_change, speed_start, speed_end, speed_change, dexterity_start, dexterity_end,
    dexterity_change, total_stats_start, total_stats_end, total_stats_change, level_start, level_end, level_change,
    life_maximum_start, life_maximum_end, networth_start, networth_end, networth_change, record_count
FROM lake_player_stored
WHERE period_end <= (SELECT max(now) FROM lake_settings)
