-- Leaves out the imported summaries of wars that tell no more than the history rows of the same file.
-- The rows are merged, and some of them may be left out or removed because other files have the same values earlier. The summary
-- would bring them back. A month that is pruned here takes no rows, so it needs the summary.
DELETE FROM temp.imported_war_summary AS imported
WHERE period_start NOT IN (SELECT period_start FROM temp.pruned_months)
  AND record_count <= (
      SELECT count(*) FROM temp.imported_war_status_history AS own
      WHERE own.war_type = imported.war_type AND own.war_id = imported.war_id
        AND own.recorded_at >= imported.period_start
        AND own.recorded_at < unixepoch(imported.period_start, 'unixepoch', '+1 month'))
  AND EXISTS (
      SELECT 1 FROM temp.imported_war_status_history AS own
      WHERE own.war_type = imported.war_type AND own.war_id = imported.war_id
        AND own.recorded_at >= imported.period_start
        AND own.recorded_at < unixepoch(imported.period_start, 'unixepoch', '+1 month')
        AND coalesce(own.attacking_score, 0) + coalesce(own.defending_score, 0)
            >= coalesce(imported.final_attacking_score, 0) + coalesce(imported.final_defending_score, 0)
        AND (imported.winner_faction_id IS NULL
            OR own.status = 'completed' AND own.winner_faction_id = imported.winner_faction_id))
