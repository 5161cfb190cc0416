-- Sets the winner in stored summaries without one, if a summary of a later month names it and has the same duration.
-- A war that still ran would have a shorter one, so the war had ended in the earlier month. The later month must have no history
-- rows of the war: a summary of rows keeps its winner.
-- Only wars of this import are looked at.
-- The + keeps SQLite from reading all summaries for each one, through the index on period_type.
UPDATE main.war_summary AS summary
SET winner_faction_id = later.winner_faction_id
FROM main.war_summary AS later
WHERE later.war_type = summary.war_type AND later.war_id = summary.war_id
  AND +later.period_type = 'monthly' AND +summary.period_type = 'monthly'
  AND later.period_start > summary.period_start
  AND (summary.war_type, summary.war_id) IN (
      SELECT war_type, war_id FROM temp.imported_war_summary
      UNION
      SELECT war_type, war_id FROM temp.known_winners)
  AND later.duration_seconds = summary.duration_seconds
  AND summary.winner_faction_id IS NULL
  AND later.winner_faction_id IN (
      coalesce(summary.attacking_faction_id, later.winner_faction_id),
      coalesce(summary.defending_faction_id, later.winner_faction_id))
  AND NOT EXISTS (
      SELECT 1 FROM main.war_status_history AS own
      WHERE own.war_type = later.war_type AND own.war_id = later.war_id
        AND own.recorded_at >= later.period_start AND own.recorded_at < later.period_end)
RETURNING war_type || ' ' || war_id AS entity, period_start
