-- Lets the summaries of players that are not computed from the rows that are here begin with the values that the ones before
-- them end with: the imported summaries, and those of pruned months.
--
-- The other collector may have seen a change of an earlier month only in this one. Without this, the changes of consecutive
-- months would not add up. The summaries end with the values that they were imported with, unknown ones too.
-- An unknown end is not stored as the value before it, because the next import would take that for an observation.
-- The + keeps SQLite from reading all earlier summaries for each one, through the index on period_type.
--
-- :period_start   unix seconds; start of the first month to look at
UPDATE player_stats_summary AS summary SET
    strength_start = chained.strength,
    strength_change = strength_end - chained.strength,
    defense_start = chained.defense,
    defense_change = defense_end - chained.defense,
    speed_start = chained.speed,
    speed_change = speed_end - chained.speed,
    dexterity_start = chained.dexterity,
    dexterity_change = dexterity_end - chained.dexterity,
    total_stats_start = chained.total_stats,
    total_stats_change = total_stats_end - chained.total_stats,
    level_start = chained.level,
    level_change = level_end - chained.level,
    life_maximum_start = chained.life_maximum,
    networth_start = chained.networth,
    networth_change = CASE typeof(networth_end - chained.networth)
        WHEN 'integer' THEN networth_end - chained.networth END
FROM (
    SELECT
        imported.id,
        coalesce(
            (SELECT strength_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND strength_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.strength_start
        ) AS strength,
        coalesce(
            (SELECT defense_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND defense_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.defense_start
        ) AS defense,
        coalesce(
            (SELECT speed_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND speed_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.speed_start
        ) AS speed,
        coalesce(
            (SELECT dexterity_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND dexterity_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.dexterity_start
        ) AS dexterity,
        coalesce(
            (SELECT total_stats_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND total_stats_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.total_stats_start
        ) AS total_stats,
        coalesce(
            (SELECT level_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND level_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.level_start
        ) AS level,
        coalesce(
            (SELECT life_maximum_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND life_maximum_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.life_maximum_start
        ) AS life_maximum,
        coalesce(
            (SELECT networth_end FROM player_stats_summary AS earlier
             WHERE earlier.player_id = imported.player_id AND +earlier.period_type = 'monthly'
               AND earlier.period_start < imported.period_start AND networth_end IS NOT NULL
             ORDER BY earlier.period_start DESC LIMIT 1),
            imported.networth_start
        ) AS networth
    FROM player_stats_summary AS imported
    WHERE imported.period_type = 'monthly' AND imported.period_start >= :period_start
      AND (
          imported.period_start IN (
              SELECT period_start FROM month_states
              WHERE history = 'player_stats_history' AND pruned_at IS NOT NULL)
          OR (CAST(imported.player_id AS TEXT), imported.period_start) IN (
              SELECT entity, period_start FROM imported_summaries WHERE history = 'player_stats_history'))
) AS chained
WHERE summary.id = chained.id
  AND (
      summary.strength_start, summary.defense_start, summary.speed_start, summary.dexterity_start,
      summary.total_stats_start, summary.level_start, summary.life_maximum_start, summary.networth_start
  ) IS NOT (
      chained.strength, chained.defense, chained.speed, chained.dexterity, chained.total_stats, chained.level,
      chained.life_maximum, chained.networth
  )
RETURNING period_start
