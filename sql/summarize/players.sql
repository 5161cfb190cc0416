-- Writes the summary of one month for each player.
--
-- start: last known value before the month, or the first in it. end: last known value before the end of the month. The
-- changes of consecutive months therefore add up to the whole change. NULL: not known.
-- A player gets a summary if there are history rows in the month, or older ones and an observation in the month.
-- If history rows were pruned, the values from before the month come from the summaries of the pruned months. Only rows
-- that an import has taken of pruned months are newer than the last of these summaries.
-- Each value has its own look-up: one search in an index, however long the month is.
-- The + keeps SQLite from reading all summaries for each player, through the index on period_type.
-- Summaries that are already correct are not written again. A summary that was imported is only replaced by one of at least
-- as many history rows; a row that an import has left out, because it repeats known values, counts, too, here and in its source.
-- networth_change is NULL if the difference overflows a 64-bit integer.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
-- :lost_before                 unix seconds; history rows of earlier months were pruned; NULL: none were
-- :allows_loss                 1: also replace a summary that was made from more than twice as many history rows
-- :created_at                  unix seconds; NULL: now
INSERT INTO player_stats_summary (
    player_id, period_start, period_end, period_type, strength_start, strength_end, strength_change,
    defense_start, defense_end, defense_change, speed_start, speed_end, speed_change, dexterity_start,
    dexterity_end, dexterity_change, total_stats_start, total_stats_end, total_stats_change, level_start,
    level_end, level_change, life_maximum_start, life_maximum_end, networth_start, networth_end,
    networth_change, record_count, created_at
)
WITH
history AS NOT MATERIALIZED (SELECT * FROM player_stats_history INDEXED BY idx_player_stats_player_time),
-- Few rows have battle stats or the networth, so partial indexes list those that do.
battle AS NOT MATERIALIZED (
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_battle_known
    WHERE coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL
),
wealth AS NOT MATERIALIZED (
    SELECT * FROM player_stats_history INDEXED BY idx_player_stats_networth_known
    WHERE networth IS NOT NULL
),
in_month AS MATERIALIZED (
    SELECT
        player_id,
        (SELECT count(*) FROM history
         WHERE player_id = players.player_id AND timestamp >= :period_start AND timestamp < :period_end
        ) AS record_count,
        -- From when on rows precede summaries. An imported row of a pruned month is not late (see import/count_held.sql).
        coalesce((
            SELECT min(taken.timestamp)
            FROM history AS taken
            JOIN month_states AS month ON month.history = 'player_stats_history'
                AND month.period_start = unixepoch(taken.timestamp, 'unixepoch', 'start of month')
            WHERE taken.player_id = players.player_id AND taken.id <= month.last_id
              AND taken.timestamp < :lost_before AND taken.timestamp >= (
                  SELECT period_end FROM player_stats_summary
                  WHERE player_id = players.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
                  ORDER BY period_start DESC LIMIT 1)
        ), :lost_before, -1e18) AS known_from
    FROM players
    WHERE record_count > 0 OR (
        EXISTS (SELECT 1 FROM player_observations
                WHERE player_id = players.player_id AND period_start = :period_start)
        AND EXISTS (SELECT 1 FROM history WHERE player_id = players.player_id AND timestamp < :period_start)
    )
),
-- Values from before the month. Without pruned months (:lost_before is NULL) the first look-up has no lower bound.
before AS MATERIALIZED (
    SELECT
        player_id, record_count,
        coalesce(
            (SELECT strength FROM battle
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND strength IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT strength_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND strength_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT strength FROM battle
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND strength IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS strength,
        coalesce(
            (SELECT defense FROM battle
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND defense IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT defense_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND defense_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT defense FROM battle
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND defense IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS defense,
        coalesce(
            (SELECT speed FROM battle
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND speed IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT speed_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND speed_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT speed FROM battle
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND speed IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS speed,
        coalesce(
            (SELECT dexterity FROM battle
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND dexterity IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT dexterity_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND dexterity_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT dexterity FROM battle
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND dexterity IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS dexterity,
        coalesce(
            (SELECT total_stats FROM battle
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND total_stats IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT total_stats_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND total_stats_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT total_stats FROM battle
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND total_stats IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS total_stats,
        coalesce(
            (SELECT level FROM history
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND level IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT level_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND level_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT level FROM history
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND level IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS level,
        coalesce(
            (SELECT life_maximum FROM history
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND life_maximum IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT life_maximum_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND life_maximum_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT life_maximum FROM history
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND life_maximum IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS life_maximum,
        coalesce(
            (SELECT networth FROM wealth
             WHERE player_id = in_month.player_id AND timestamp >= in_month.known_from
               AND timestamp < :period_start AND networth IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            (SELECT networth_end FROM player_stats_summary
             WHERE player_id = in_month.player_id AND +period_type = 'monthly' AND period_end <= :lost_before
               AND networth_end IS NOT NULL ORDER BY period_start DESC LIMIT 1),
            (SELECT networth FROM wealth
             WHERE player_id = in_month.player_id AND timestamp < :lost_before
               AND networth IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1)
        ) AS networth
    FROM in_month
),
known AS MATERIALIZED (
    SELECT
        player_id, record_count,
        coalesce(
            strength,
            (SELECT strength FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND strength IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS strength_start,
        coalesce(
            (SELECT strength FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND strength IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            strength
        ) AS strength_end,
        coalesce(
            defense,
            (SELECT defense FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND defense IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS defense_start,
        coalesce(
            (SELECT defense FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND defense IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            defense
        ) AS defense_end,
        coalesce(
            speed,
            (SELECT speed FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND speed IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS speed_start,
        coalesce(
            (SELECT speed FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND speed IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            speed
        ) AS speed_end,
        coalesce(
            dexterity,
            (SELECT dexterity FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND dexterity IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS dexterity_start,
        coalesce(
            (SELECT dexterity FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND dexterity IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            dexterity
        ) AS dexterity_end,
        coalesce(
            total_stats,
            (SELECT total_stats FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND total_stats IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS total_stats_start,
        coalesce(
            (SELECT total_stats FROM battle
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND total_stats IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            total_stats
        ) AS total_stats_end,
        coalesce(
            level,
            (SELECT level FROM history
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND level IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS level_start,
        coalesce(
            (SELECT level FROM history
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND level IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            level
        ) AS level_end,
        coalesce(
            life_maximum,
            (SELECT life_maximum FROM history
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND life_maximum IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS life_maximum_start,
        coalesce(
            (SELECT life_maximum FROM history
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND life_maximum IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            life_maximum
        ) AS life_maximum_end,
        coalesce(
            networth,
            (SELECT networth FROM wealth
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND networth IS NOT NULL ORDER BY timestamp, id LIMIT 1)
        ) AS networth_start,
        coalesce(
            (SELECT networth FROM wealth
             WHERE player_id = before.player_id AND timestamp >= :period_start AND timestamp < :period_end
               AND networth IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
            networth
        ) AS networth_end
    FROM before
),
month AS MATERIALIZED (
    SELECT
        player_id, record_count, strength_start, strength_end,
        strength_end - strength_start AS strength_change, defense_start, defense_end,
        defense_end - defense_start AS defense_change, speed_start, speed_end,
        speed_end - speed_start AS speed_change, dexterity_start, dexterity_end,
        dexterity_end - dexterity_start AS dexterity_change, total_stats_start, total_stats_end,
        total_stats_end - total_stats_start AS total_stats_change, level_start, level_end,
        level_end - level_start AS level_change, life_maximum_start, life_maximum_end, networth_start,
        networth_end,
        CASE typeof(networth_end - networth_start)
            WHEN 'integer' THEN networth_end - networth_start END AS networth_change
    FROM known
)
SELECT
    player_id, :period_start, :period_end, 'monthly', strength_start, strength_end, strength_change,
    defense_start, defense_end, defense_change, speed_start, speed_end, speed_change, dexterity_start,
    dexterity_end, dexterity_change, total_stats_start, total_stats_end, total_stats_change, level_start,
    level_end, level_change, life_maximum_start, life_maximum_end, networth_start, networth_end,
    networth_change, record_count, coalesce(:created_at, unixepoch())
FROM month
WHERE NOT EXISTS (
    SELECT 1 FROM player_stats_summary AS written
    WHERE written.player_id = month.player_id AND written.period_start = :period_start
      AND written.period_end = :period_end AND written.period_type = 'monthly'
      AND (
          written.strength_start, written.strength_end, written.strength_change, written.defense_start,
          written.defense_end, written.defense_change, written.speed_start, written.speed_end,
          written.speed_change, written.dexterity_start, written.dexterity_end, written.dexterity_change,
          written.total_stats_start, written.total_stats_end, written.total_stats_change, written.level_start,
          written.level_end, written.level_change, written.life_maximum_start, written.life_maximum_end,
          written.networth_start, written.networth_end, written.networth_change, written.record_count
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
WHERE coalesce(
    (SELECT coalesce(excluded.record_count + coalesce((
         SELECT sum(rows) FROM repeated_rows
         WHERE history = 'player_stats_history' AND entity = CAST(excluded.player_id AS TEXT)
           AND at >= excluded.period_start AND at < excluded.period_end), 0) >= player_stats_summary.record_count + mark.left_out, 0)
     FROM imported_summaries AS mark
     WHERE mark.history = 'player_stats_history' AND mark.period_start = excluded.period_start
       AND mark.entity = CAST(excluded.player_id AS TEXT)),
    coalesce(:allows_loss, 0) OR excluded.record_count * 2 >= player_stats_summary.record_count
)
