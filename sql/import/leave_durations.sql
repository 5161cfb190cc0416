-- Leaves out the durations of imported summaries of wars that tell the same scores as the history rows of the month here, and no
-- winner. The war was running, and the duration up to the last row that told something new is that of the rows here.
-- A month that is pruned here has not all of its rows.
UPDATE temp.imported_war_summary AS imported
SET duration_seconds = NULL
WHERE winner_faction_id IS NULL
  AND period_start NOT IN (SELECT period_start FROM temp.pruned_months)
  AND EXISTS (
      SELECT 1 FROM main.war_status_history AS newest
      WHERE newest.id = (
              SELECT id FROM main.war_status_history AS own
              WHERE own.war_type = imported.war_type AND own.war_id = imported.war_id
                AND own.recorded_at >= imported.period_start
                AND own.recorded_at < unixepoch(imported.period_start, 'unixepoch', '+1 month')
              ORDER BY own.recorded_at DESC, own.id DESC LIMIT 1)
        AND newest.started_at IS NOT NULL
        AND coalesce(newest.attacking_score, 0) + coalesce(newest.defending_score, 0)
            = coalesce(imported.final_attacking_score, 0) + coalesce(imported.final_defending_score, 0))
