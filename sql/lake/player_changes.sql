-- The history of all players: the rows of all databases without those that are no change, as `tornsnap import` merges them.
--
-- A row stays if a value that is known differs from the last known one before its second; the rows of all databases count
-- for that, in the order of time, database and id. The battle stats are told together, so they are compared with the last
-- row that has any. An entity that only one database has is left as it is. A row of the first database that repeats what
-- this database told before stays, too: it was recorded as a poll, or its neighbours were deleted. Other databases add a row
-- of a second only once. lake_settings.every_poll: all rows stay, but equal facts of one second count once.
--
-- Whether a row stays can change what the last value was only if the databases gave different answers in the same second. So
-- it is decided four times, each time without the rows of such seconds that fell out before. Only after more than four such
-- seconds one directly after the other may a repeated row stay, or a change fall out.
WITH
shared AS (
    SELECT player_id, min(database_id) AS first_database
    FROM player_stats_history
    GROUP BY player_id
    HAVING min(database_id) <> max(database_id)
),
numbered AS (
    SELECT
        h.id, h.player_id, h.timestamp, h.strength, h.defense, h.speed, h.dexterity, h.total_stats, h.level,
        h.life_maximum, h.networth, h.data_source, h.database_id,
        h.database_id = s.first_database AS is_first,
        coalesce(h.strength, h.defense, h.speed, h.dexterity, h.total_stats) IS NOT NULL AS has_battle,
        row_number() OVER (PARTITION BY h.player_id ORDER BY h.timestamp, h.database_id, h.id) AS n,
        dense_rank() OVER (PARTITION BY h.player_id ORDER BY h.timestamp) AS moment,
        h.database_id <> s.first_database AND row_number() OVER (
            PARTITION BY h.player_id, h.timestamp, h.strength, h.defense, h.speed, h.dexterity, h.total_stats, h.level,
            h.life_maximum, h.networth
            ORDER BY h.database_id, h.id) > 1 AS is_double
    FROM player_stats_history AS h
    JOIN shared AS s ON s.player_id = h.player_id
),
-- Where only one row of a second counts, the values after it are known, whether it stays or repeats them.
placed AS (
    SELECT
        *,
        NOT is_double AND (NOT has_battle OR (strength IS NOT NULL AND defense IS NOT NULL AND speed IS NOT NULL
            AND dexterity IS NOT NULL AND total_stats IS NOT NULL)) AND min(CASE WHEN NOT is_double THEN n END)
            OVER (PARTITION BY player_id, moment)
            = max(CASE WHEN NOT is_double THEN n END) OVER (PARTITION BY player_id, moment) AS is_alone
    FROM numbered
),
once_known AS (
    SELECT
        *,
        max_by(coalesce(strength, -1), CASE WHEN is_first AND has_battle THEN n END) OVER earlier AS own_strength,
        max_by(coalesce(defense, -1), CASE WHEN is_first AND has_battle THEN n END) OVER earlier AS own_defense,
        max_by(coalesce(speed, -1), CASE WHEN is_first AND has_battle THEN n END) OVER earlier AS own_speed,
        max_by(coalesce(dexterity, -1), CASE WHEN is_first AND has_battle THEN n END) OVER earlier AS own_dexterity,
        max_by(coalesce(total_stats, -1), CASE WHEN is_first AND has_battle THEN n END) OVER earlier AS own_total_stats,
        max_by(level, CASE WHEN is_first AND level IS NOT NULL THEN n END) OVER earlier AS own_level,
        max_by(life_maximum, CASE WHEN is_first AND life_maximum IS NOT NULL THEN n END) OVER earlier AS own_life_maximum,
        max_by(networth, CASE WHEN is_first AND networth IS NOT NULL THEN n END) OVER earlier AS own_networth,
        max_by(coalesce(strength, -1), CASE WHEN NOT is_double AND has_battle THEN n END) OVER earlier AS last_strength,
        max_by(coalesce(defense, -1), CASE WHEN NOT is_double AND has_battle THEN n END) OVER earlier AS last_defense,
        max_by(coalesce(speed, -1), CASE WHEN NOT is_double AND has_battle THEN n END) OVER earlier AS last_speed,
        max_by(coalesce(dexterity, -1), CASE WHEN NOT is_double AND has_battle THEN n END) OVER earlier AS last_dexterity,
        max_by(coalesce(total_stats, -1), CASE WHEN NOT is_double AND has_battle THEN n END) OVER earlier
            AS last_total_stats,
        max_by(level, CASE WHEN NOT is_double AND level IS NOT NULL THEN n END) OVER earlier AS last_level,
        max_by(life_maximum, CASE WHEN NOT is_double AND life_maximum IS NOT NULL THEN n END) OVER earlier
            AS last_life_maximum,
        max_by(networth, CASE WHEN NOT is_double AND networth IS NOT NULL THEN n END) OVER earlier AS last_networth
    FROM placed
    WINDOW earlier AS (PARTITION BY player_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
once AS (
    SELECT
        id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth,
        data_source, database_id,
        moment, n, is_first, is_double, is_alone, has_battle,
        ((strength IS NOT NULL AND strength IS DISTINCT FROM own_strength)
            OR (defense IS NOT NULL AND defense IS DISTINCT FROM own_defense)
            OR (speed IS NOT NULL AND speed IS DISTINCT FROM own_speed)
            OR (dexterity IS NOT NULL AND dexterity IS DISTINCT FROM own_dexterity)
            OR (total_stats IS NOT NULL AND total_stats IS DISTINCT FROM own_total_stats)
            OR (level IS NOT NULL AND level IS DISTINCT FROM own_level)
            OR (life_maximum IS NOT NULL AND life_maximum IS DISTINCT FROM own_life_maximum)
            OR (networth IS NOT NULL AND networth IS DISTINCT FROM own_networth)) AS is_own_change,
        NOT is_double AND (((strength IS NOT NULL AND strength IS DISTINCT FROM last_strength)
            OR (defense IS NOT NULL AND defense IS DISTINCT FROM last_defense)
            OR (speed IS NOT NULL AND speed IS DISTINCT FROM last_speed)
            OR (dexterity IS NOT NULL AND dexterity IS DISTINCT FROM last_dexterity)
            OR (total_stats IS NOT NULL AND total_stats IS DISTINCT FROM last_total_stats)
            OR (level IS NOT NULL AND level IS DISTINCT FROM last_level)
            OR (life_maximum IS NOT NULL AND life_maximum IS DISTINCT FROM last_life_maximum)
            OR (networth IS NOT NULL AND networth IS DISTINCT FROM last_networth))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM once_known
),
twice_known AS (
    SELECT
        *,
        max_by(coalesce(strength, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_strength,
        max_by(coalesce(defense, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_defense,
        max_by(coalesce(speed, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier AS last_speed,
        max_by(coalesce(dexterity, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_dexterity,
        max_by(coalesce(total_stats, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_total_stats,
        max_by(level, CASE WHEN (is_kept OR is_alone) AND level IS NOT NULL THEN n END) OVER earlier AS last_level,
        max_by(life_maximum, CASE WHEN (is_kept OR is_alone) AND life_maximum IS NOT NULL THEN n END) OVER earlier
            AS last_life_maximum,
        max_by(networth, CASE WHEN (is_kept OR is_alone) AND networth IS NOT NULL THEN n END) OVER earlier AS last_networth
    FROM once
    WINDOW earlier AS (PARTITION BY player_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
twice AS (
    SELECT
        id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth,
        data_source, database_id,
        moment, n, is_first, is_double, is_alone, has_battle,
        is_own_change,
        NOT is_double AND (((strength IS NOT NULL AND strength IS DISTINCT FROM last_strength)
            OR (defense IS NOT NULL AND defense IS DISTINCT FROM last_defense)
            OR (speed IS NOT NULL AND speed IS DISTINCT FROM last_speed)
            OR (dexterity IS NOT NULL AND dexterity IS DISTINCT FROM last_dexterity)
            OR (total_stats IS NOT NULL AND total_stats IS DISTINCT FROM last_total_stats)
            OR (level IS NOT NULL AND level IS DISTINCT FROM last_level)
            OR (life_maximum IS NOT NULL AND life_maximum IS DISTINCT FROM last_life_maximum)
            OR (networth IS NOT NULL AND networth IS DISTINCT FROM last_networth))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM twice_known
),
thrice_known AS (
    SELECT
        *,
        max_by(coalesce(strength, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_strength,
        max_by(coalesce(defense, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_defense,
        max_by(coalesce(speed, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier AS last_speed,
        max_by(coalesce(dexterity, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_dexterity,
        max_by(coalesce(total_stats, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_total_stats,
        max_by(level, CASE WHEN (is_kept OR is_alone) AND level IS NOT NULL THEN n END) OVER earlier AS last_level,
        max_by(life_maximum, CASE WHEN (is_kept OR is_alone) AND life_maximum IS NOT NULL THEN n END) OVER earlier
            AS last_life_maximum,
        max_by(networth, CASE WHEN (is_kept OR is_alone) AND networth IS NOT NULL THEN n END) OVER earlier AS last_networth
    FROM twice
    WINDOW earlier AS (PARTITION BY player_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
thrice AS (
    SELECT
        id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth,
        data_source, database_id,
        moment, n, is_first, is_double, is_alone, has_battle,
        is_own_change,
        NOT is_double AND (((strength IS NOT NULL AND strength IS DISTINCT FROM last_strength)
            OR (defense IS NOT NULL AND defense IS DISTINCT FROM last_defense)
            OR (speed IS NOT NULL AND speed IS DISTINCT FROM last_speed)
            OR (dexterity IS NOT NULL AND dexterity IS DISTINCT FROM last_dexterity)
            OR (total_stats IS NOT NULL AND total_stats IS DISTINCT FROM last_total_stats)
            OR (level IS NOT NULL AND level IS DISTINCT FROM last_level)
            OR (life_maximum IS NOT NULL AND life_maximum IS DISTINCT FROM last_life_maximum)
            OR (networth IS NOT NULL AND networth IS DISTINCT FROM last_networth))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM thrice_known
),
decided_known AS (
    SELECT
        *,
        max_by(coalesce(strength, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_strength,
        max_by(coalesce(defense, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_defense,
        max_by(coalesce(speed, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier AS last_speed,
        max_by(coalesce(dexterity, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_dexterity,
        max_by(coalesce(total_stats, -1), CASE WHEN (is_kept OR is_alone) AND has_battle THEN n END) OVER earlier
            AS last_total_stats,
        max_by(level, CASE WHEN (is_kept OR is_alone) AND level IS NOT NULL THEN n END) OVER earlier AS last_level,
        max_by(life_maximum, CASE WHEN (is_kept OR is_alone) AND life_maximum IS NOT NULL THEN n END) OVER earlier
            AS last_life_maximum,
        max_by(networth, CASE WHEN (is_kept OR is_alone) AND networth IS NOT NULL THEN n END) OVER earlier AS last_networth
    FROM thrice
    WINDOW earlier AS (PARTITION BY player_id ORDER BY moment RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
decided AS (
    SELECT
        id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth,
        data_source, database_id,
        moment, n, is_first, is_double, is_alone, has_battle,
        is_own_change,
        NOT is_double AND (((strength IS NOT NULL AND strength IS DISTINCT FROM last_strength)
            OR (defense IS NOT NULL AND defense IS DISTINCT FROM last_defense)
            OR (speed IS NOT NULL AND speed IS DISTINCT FROM last_speed)
            OR (dexterity IS NOT NULL AND dexterity IS DISTINCT FROM last_dexterity)
            OR (total_stats IS NOT NULL AND total_stats IS DISTINCT FROM last_total_stats)
            OR (level IS NOT NULL AND level IS DISTINCT FROM last_level)
            OR (life_maximum IS NOT NULL AND life_maximum IS DISTINCT FROM last_life_maximum)
            OR (networth IS NOT NULL AND networth IS DISTINCT FROM last_networth))
            OR (is_first AND NOT is_own_change)) AS is_kept
    FROM decided_known
)
SELECT id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth,
    data_source, database_id
FROM decided
WHERE is_kept OR (NOT is_double AND (SELECT max(every_poll) FROM lake_settings))
UNION ALL
SELECT h.id, h.player_id, h.timestamp, h.strength, h.defense, h.speed, h.dexterity, h.total_stats, h.level,
    h.life_maximum, h.networth, h.data_source, h.database_id
FROM player_stats_history AS h
LEFT JOIN shared AS s ON s.player_id = h.player_id
WHERE s.player_id IS NULL
