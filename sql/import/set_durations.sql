-- Sets the durations of imported summaries of wars that tell the same scores as the history rows of the month here, and no winner.
-- The war was running, and its scores have not changed since the last row here. That row says since when they are known, and
-- the other collector has only seen them once more, unless its summary counts more rows: join_durations.sql.
UPDATE temp.imported_war_summary AS imported
SET duration_seconds = own.duration
FROM temp.own_rows AS own
WHERE own.entity = imported.war_type || ' ' || imported.war_id AND own.period_start = imported.period_start
  AND own.duration IS NOT NULL
  AND imported.winner_faction_id IS NULL
  AND own.score = coalesce(imported.final_attacking_score, 0) + coalesce(imported.final_defending_score, 0)
