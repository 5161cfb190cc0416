-- Sets the durations of imported summaries of wars that tell the same scores as the history rows of the month here, and no winner.
-- The war was running, and the duration is that of the rows here, as in summarize/wars.sql.
-- A month that is pruned here has not all of its rows.
UPDATE temp.imported_war_summary AS imported
SET duration_seconds = CASE typeof(known.duration) WHEN 'integer' THEN max(0, known.duration) END
FROM (
    SELECT
        war.period_start, newest.war_type, newest.war_id,
        coalesce(newest.attacking_score, 0) + coalesce(newest.defending_score, 0) AS score,
        iif(newest.status IN ('completed', 'cancelled'),
            coalesce(newest.ends_at, newest.recorded_at),
            newest.recorded_at) - newest.started_at AS duration
    FROM temp.imported_war_summary AS war
    JOIN main.war_status_history AS newest ON newest.id = (
        SELECT id FROM main.war_status_history AS own
        WHERE own.war_type = war.war_type AND own.war_id = war.war_id
          AND own.recorded_at >= war.period_start
          AND own.recorded_at < unixepoch(war.period_start, 'unixepoch', '+1 month')
        ORDER BY own.recorded_at DESC, own.id DESC LIMIT 1)
    WHERE newest.started_at IS NOT NULL
) AS known
WHERE known.war_type = imported.war_type AND known.war_id = imported.war_id AND known.period_start = imported.period_start
  AND imported.winner_faction_id IS NULL
  AND imported.period_start NOT IN (SELECT period_start FROM temp.pruned_months)
  AND known.score = coalesce(imported.final_attacking_score, 0) + coalesce(imported.final_defending_score, 0)
