-- The history of all players: the rows of all databases without those that are no change, as `tornsnap import` of all of them
-- into a new database merges them, in any order.
--
-- The rows are in the order of time. The rows of one second are in the order of their values, because nothing tells which
-- database asked first: unknown ones first, then the lower ones, column by column. But if only one database tells this
-- second, or all tell the same, its rows are in the order of their ids. `place` is the number of a row in this order.
--
-- A second is a change if one of its rows has a known value that differs from the last known one before. All its rows stay
-- then, and none otherwise; equal ones count once. So what was known before a second does not depend on which rows stay. A
-- lake of one database: all rows stay. lake_settings.every_poll: all seconds stay.
WITH
told AS (
    SELECT
        h.id, h.player_id, h.timestamp, h.strength, h.defense, h.speed, h.dexterity, h.total_stats, h.level,
        h.life_maximum, h.networth, h.data_source, h.database_id,
        row_number() OVER (PARTITION BY h.player_id, h.timestamp, h.database_id ORDER BY h.id) AS own_place
    FROM player_stats_history AS h
    WHERE (SELECT count(*) FROM lake_databases) > 1
),
counted AS (
    SELECT
        *,
        sum(CASE WHEN own_place = 1 THEN 1 ELSE 0 END) OVER (PARTITION BY player_id, timestamp) AS tellers,
        count(*) OVER alike AS alike,
        min(own_place) OVER alike AS first_place,
        max(own_place) OVER alike AS last_place,
        row_number() OVER (
            PARTITION BY player_id, timestamp, strength,
                defense, speed, dexterity, total_stats, level, life_maximum, networth
            ORDER BY database_id, id) AS copy
    FROM told
    WINDOW alike AS (
        PARTITION BY player_id, timestamp, strength,
            defense, speed, dexterity, total_stats, level, life_maximum, networth)
),
-- has_one_order: only one database tells this second, or all tell the same.
once AS (
    SELECT
        *,
        tellers = 1 OR min(CASE WHEN alike = tellers AND first_place = last_place THEN 1 ELSE 0 END) OVER (
            PARTITION BY player_id, timestamp) = 1 AS has_one_order
    FROM counted
),
placed AS (
    SELECT
        *,
        dense_rank() OVER (PARTITION BY player_id ORDER BY timestamp) AS moment,
        row_number() OVER (
            PARTITION BY player_id
            ORDER BY
                timestamp, CASE WHEN has_one_order THEN own_place END NULLS FIRST,
                strength NULLS FIRST, defense NULLS FIRST, speed NULLS FIRST, dexterity NULLS FIRST,
                total_stats NULLS FIRST, level NULLS FIRST, life_maximum NULLS FIRST, networth NULLS FIRST, id) AS place
    FROM once
    WHERE copy = 1
),
known AS (
    SELECT
        *,
        max_by(strength, CASE WHEN strength IS NOT NULL THEN place END) OVER earlier AS before_strength,
        max_by(defense, CASE WHEN defense IS NOT NULL THEN place END) OVER earlier AS before_defense,
        max_by(speed, CASE WHEN speed IS NOT NULL THEN place END) OVER earlier AS before_speed,
        max_by(dexterity, CASE WHEN dexterity IS NOT NULL THEN place END) OVER earlier AS before_dexterity,
        max_by(total_stats, CASE WHEN total_stats IS NOT NULL THEN place END) OVER earlier AS before_total_stats,
        max_by(level, CASE WHEN level IS NOT NULL THEN place END) OVER earlier AS before_level,
        max_by(life_maximum, CASE WHEN life_maximum IS NOT NULL THEN place END) OVER earlier AS before_life_maximum,
        max_by(networth, CASE WHEN networth IS NOT NULL THEN place END) OVER earlier AS before_networth
    FROM placed
    WINDOW earlier AS (PARTITION BY player_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- The values before the second are those before its first row.
before_second AS (
    SELECT
        *,
        first_value(before_strength) OVER in_second AS last_strength,
        first_value(before_defense) OVER in_second AS last_defense,
        first_value(before_speed) OVER in_second AS last_speed,
        first_value(before_dexterity) OVER in_second AS last_dexterity,
        first_value(before_total_stats) OVER in_second AS last_total_stats,
        first_value(before_level) OVER in_second AS last_level,
        first_value(before_life_maximum) OVER in_second AS last_life_maximum,
        first_value(before_networth) OVER in_second AS last_networth
    FROM known
    WINDOW in_second AS (PARTITION BY player_id, moment ORDER BY place)
),
compared AS (
    SELECT
        *,
        max(CASE
            WHEN (strength IS NOT NULL AND strength IS DISTINCT FROM last_strength)
            OR (defense IS NOT NULL AND defense IS DISTINCT FROM last_defense)
            OR (speed IS NOT NULL AND speed IS DISTINCT FROM last_speed)
            OR (dexterity IS NOT NULL AND dexterity IS DISTINCT FROM last_dexterity)
            OR (total_stats IS NOT NULL AND total_stats IS DISTINCT FROM last_total_stats)
            OR (level IS NOT NULL AND level IS DISTINCT FROM last_level)
            OR (life_maximum IS NOT NULL AND life_maximum IS DISTINCT FROM last_life_maximum)
            OR (networth IS NOT NULL AND networth IS DISTINCT FROM last_networth)
            THEN 1 ELSE 0 END) OVER (PARTITION BY player_id, moment) AS is_change
    FROM before_second
)
SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth,
    data_source, database_id, place
FROM compared
WHERE is_change = 1 OR (SELECT max(every_poll) FROM lake_settings)
UNION ALL
SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth,
    data_source, database_id,
    row_number() OVER (PARTITION BY player_id ORDER BY timestamp, id) AS place
FROM player_stats_history
WHERE (SELECT count(*) FROM lake_databases) = 1
