-- Sets the winner in imported history rows that name none, if the stored row of that second does.
-- Otherwise a second import of the same rows would find changes.
UPDATE temp.imported_war_status_history AS imported
SET winner_faction_id = stored.winner_faction_id
FROM main.war_status_history AS stored
WHERE stored.war_type = imported.war_type AND stored.war_id = imported.war_id
  AND stored.recorded_at = imported.recorded_at
  AND imported.status = 'completed' AND imported.winner_faction_id IS NULL
  AND stored.status = 'completed' AND stored.winner_faction_id IS NOT NULL
