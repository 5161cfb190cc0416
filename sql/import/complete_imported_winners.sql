-- Sets the winner in the last imported history row of each war that has ended, if that row names none and a summary does.
-- The summaries of the Python program had winners, and its history had none.
UPDATE temp.imported_war_status_history AS final
SET winner_faction_id = known.winner_faction_id
FROM temp.newest_winners AS known
WHERE final.war_type = known.war_type AND final.war_id = known.war_id
  AND final.status = 'completed' AND final.winner_faction_id IS NULL
  AND known.winner_faction_id IN (
      coalesce(final.attacking_faction_id, known.winner_faction_id),
      coalesce(final.defending_faction_id, known.winner_faction_id))
  AND final.rowid IN (
      SELECT first_value(rowid) OVER (PARTITION BY war_type, war_id ORDER BY recorded_at DESC, rowid DESC)
      FROM temp.imported_war_status_history)
