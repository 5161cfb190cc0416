-- Writes one month of every player: what was known when it began and when it ended, and the difference.
--
-- start: the last known value before the month, else the first in it. end: the last known value before the month's end.
-- So the changes of consecutive months add up to the whole change. NULL: never known up to then.
-- A player gets a row when it has detail in the month, or has some from before and was still followed.
-- Each value is one step in an index, however long the month: only the count walks the month's index entries.
-- Battle stats are looked up with the condition of the index of those rows that know any.
-- Rows that are right already are not touched.
--
-- :period_start, :period_end   the month, half-open, unix seconds
-- :previous_is_pruned          1: detail of the month before has gone, so its summary says what this month began with
-- :created_at                  unix seconds; NULL: now
INSERT INTO player_stats_summary (
    player_id, period_start, period_end, period_type,
    strength_start, strength_end, strength_change, defense_start, defense_end, defense_change,
    speed_start, speed_end, speed_change, dexterity_start, dexterity_end, dexterity_change,
    total_stats_start, total_stats_end, total_stats_change, level_start, level_end, level_change,
    life_maximum_start, life_maximum_end, networth_start, networth_end, networth_change, record_count,
    created_at
)
WITH
followed AS MATERIALIZED (
    SELECT
        players.player_id,
        previous.strength_end AS previous_strength,
        previous.defense_end AS previous_defense,
        previous.speed_end AS previous_speed,
        previous.dexterity_end AS previous_dexterity,
        previous.total_stats_end AS previous_total_stats,
        previous.level_end AS previous_level,
        previous.life_maximum_end AS previous_life_maximum,
        previous.networth_end AS previous_networth,
        (SELECT count(*) FROM player_stats_history INDEXED BY idx_player_stats_player_time
         WHERE player_id = players.player_id AND timestamp >= :period_start AND timestamp < :period_end
        ) AS record_count,
        players.last_updated >= :period_start AND (
            previous.player_id IS NOT NULL
            OR EXISTS (SELECT 1 FROM player_stats_history INDEXED BY idx_player_stats_player_time
                       WHERE player_id = players.player_id AND timestamp < :period_start)
        ) AS is_carried
    FROM players
    LEFT JOIN player_stats_summary AS previous
        ON previous.player_id = players.player_id AND previous.period_end = :period_start
        AND previous.period_type = 'monthly' AND :previous_is_pruned
),
carried AS MATERIALIZED (
    SELECT
        player_id, record_count,
        coalesce(
            followed.previous_strength,
            (SELECT strength FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = followed.player_id AND timestamp < :period_start AND strength IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS strength,
        coalesce(
            followed.previous_defense,
            (SELECT defense FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = followed.player_id AND timestamp < :period_start AND defense IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS defense,
        coalesce(
            followed.previous_speed,
            (SELECT speed FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = followed.player_id AND timestamp < :period_start AND speed IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS speed,
        coalesce(
            followed.previous_dexterity,
            (SELECT dexterity FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = followed.player_id AND timestamp < :period_start AND dexterity IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS dexterity,
        coalesce(
            followed.previous_total_stats,
            (SELECT total_stats FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = followed.player_id AND timestamp < :period_start AND total_stats IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS total_stats,
        coalesce(
            followed.previous_level,
            (SELECT level FROM player_stats_history INDEXED BY idx_player_stats_player_time
             WHERE player_id = followed.player_id AND timestamp < :period_start AND level IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS level,
        coalesce(
            followed.previous_life_maximum,
            (SELECT life_maximum FROM player_stats_history INDEXED BY idx_player_stats_player_time
             WHERE player_id = followed.player_id AND timestamp < :period_start AND life_maximum IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS life_maximum,
        coalesce(
            followed.previous_networth,
            (SELECT networth FROM player_stats_history INDEXED BY idx_player_stats_networth_known
             WHERE player_id = followed.player_id AND timestamp < :period_start AND networth IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS networth
    FROM followed
    WHERE record_count > 0 OR is_carried
),
known AS MATERIALIZED (
    SELECT
        player_id, record_count,
        coalesce(
            carried.strength,
            (SELECT strength FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND strength IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS strength_start,
        coalesce(
            (SELECT strength FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND strength IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.strength
        ) AS strength_end,
        coalesce(
            carried.defense,
            (SELECT defense FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND defense IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS defense_start,
        coalesce(
            (SELECT defense FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND defense IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.defense
        ) AS defense_end,
        coalesce(
            carried.speed,
            (SELECT speed FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND speed IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS speed_start,
        coalesce(
            (SELECT speed FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND speed IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.speed
        ) AS speed_end,
        coalesce(
            carried.dexterity,
            (SELECT dexterity FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND dexterity IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS dexterity_start,
        coalesce(
            (SELECT dexterity FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND dexterity IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.dexterity
        ) AS dexterity_end,
        coalesce(
            carried.total_stats,
            (SELECT total_stats FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND total_stats IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS total_stats_start,
        coalesce(
            (SELECT total_stats FROM player_stats_history INDEXED BY idx_player_stats_battle_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND total_stats IS NOT NULL
               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.total_stats
        ) AS total_stats_end,
        coalesce(
            carried.level,
            (SELECT level FROM player_stats_history INDEXED BY idx_player_stats_player_time
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND level IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS level_start,
        coalesce(
            (SELECT level FROM player_stats_history INDEXED BY idx_player_stats_player_time
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND level IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.level
        ) AS level_end,
        coalesce(
            carried.life_maximum,
            (SELECT life_maximum FROM player_stats_history INDEXED BY idx_player_stats_player_time
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND life_maximum IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS life_maximum_start,
        coalesce(
            (SELECT life_maximum FROM player_stats_history INDEXED BY idx_player_stats_player_time
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND life_maximum IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.life_maximum
        ) AS life_maximum_end,
        coalesce(
            carried.networth,
            (SELECT networth FROM player_stats_history INDEXED BY idx_player_stats_networth_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND networth IS NOT NULL
             ORDER BY timestamp, id LIMIT 1)
        ) AS networth_start,
        coalesce(
            (SELECT networth FROM player_stats_history INDEXED BY idx_player_stats_networth_known
             WHERE player_id = carried.player_id AND timestamp >= :period_start AND timestamp < :period_end AND networth IS NOT NULL
             ORDER BY timestamp DESC, id DESC LIMIT 1),
            carried.networth
        ) AS networth_end
    FROM carried
),
month AS MATERIALIZED (
    SELECT
        player_id, record_count,
        strength_start, strength_end, strength_end - strength_start AS strength_change,
        defense_start, defense_end, defense_end - defense_start AS defense_change,
        speed_start, speed_end, speed_end - speed_start AS speed_change,
        dexterity_start, dexterity_end, dexterity_end - dexterity_start AS dexterity_change,
        total_stats_start, total_stats_end, total_stats_end - total_stats_start AS total_stats_change,
        level_start, level_end, level_end - level_start AS level_change,
        life_maximum_start, life_maximum_end,
        networth_start, networth_end, networth_end - networth_start AS networth_change
    FROM known
)
SELECT
    player_id, :period_start, :period_end, 'monthly',
    strength_start, strength_end, strength_change, defense_start, defense_end, defense_change,
    speed_start, speed_end, speed_change, dexterity_start, dexterity_end, dexterity_change,
    total_stats_start, total_stats_end, total_stats_change, level_start, level_end, level_change,
    life_maximum_start, life_maximum_end, networth_start, networth_end, networth_change, record_count,
    coalesce(:created_at, unixepoch())
FROM month
WHERE NOT EXISTS (
    SELECT 1 FROM player_stats_summary AS written
    WHERE written.player_id = month.player_id AND written.period_start = :period_start
      AND written.period_end = :period_end AND written.period_type = 'monthly'
      AND (
          written.strength_start, written.strength_end, written.strength_change, written.defense_start,
          written.defense_end, written.defense_change, written.speed_start, written.speed_end,
          written.speed_change, written.dexterity_start, written.dexterity_end, written.dexterity_change,
          written.total_stats_start, written.total_stats_end, written.total_stats_change,
          written.level_start, written.level_end, written.level_change, written.life_maximum_start,
          written.life_maximum_end, written.networth_start, written.networth_end, written.networth_change,
          written.record_count
      ) IS (
          month.strength_start, month.strength_end, month.strength_change, month.defense_start,
          month.defense_end, month.defense_change, month.speed_start, month.speed_end, month.speed_change,
          month.dexterity_start, month.dexterity_end, month.dexterity_change, month.total_stats_start,
          month.total_stats_end, month.total_stats_change, month.level_start, month.level_end,
          month.level_change, month.life_maximum_start, month.life_maximum_end, month.networth_start,
          month.networth_end, month.networth_change, month.record_count
      )
)
ORDER BY player_id
ON CONFLICT (player_id, period_start, period_end, period_type) DO UPDATE SET
    strength_start = excluded.strength_start,
    strength_end = excluded.strength_end,
    strength_change = excluded.strength_change,
    defense_start = excluded.defense_start,
    defense_end = excluded.defense_end,
    defense_change = excluded.defense_change,
    speed_start = excluded.speed_start,
    speed_end = excluded.speed_end,
    speed_change = excluded.speed_change,
    dexterity_start = excluded.dexterity_start,
    dexterity_end = excluded.dexterity_end,
    dexterity_change = excluded.dexterity_change,
    total_stats_start = excluded.total_stats_start,
    total_stats_end = excluded.total_stats_end,
    total_stats_change = excluded.total_stats_change,
    level_start = excluded.level_start,
    level_end = excluded.level_end,
    level_change = excluded.level_change,
    life_maximum_start = excluded.life_maximum_start,
    life_maximum_end = excluded.life_maximum_end,
    networth_start = excluded.networth_start,
    networth_end = excluded.networth_end,
    networth_change = excluded.networth_change,
    record_count = excluded.record_count,
    created_at = excluded.created_at
