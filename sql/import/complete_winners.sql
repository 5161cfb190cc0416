-- Sets the winner in the last history row of each war that has ended, if no row names one and a summary does.
-- The summaries of the Python program had winners, and its history had none. Summaries that are computed later have the
-- winner of that row.
UPDATE main.war_status_history AS final
SET winner_faction_id = known.winner_faction_id
FROM temp.newest_winners AS known
WHERE final.war_type = known.war_type AND final.war_id = known.war_id
  AND final.status = 'completed' AND final.winner_faction_id IS NULL
  AND known.winner_faction_id IN (
      coalesce(final.attacking_faction_id, known.winner_faction_id),
      coalesce(final.defending_faction_id, known.winner_faction_id))
  AND final.id = (
      SELECT id FROM main.war_status_history AS newest
      WHERE newest.war_type = known.war_type AND newest.war_id = known.war_id
      ORDER BY newest.recorded_at DESC, newest.id DESC LIMIT 1)
RETURNING id, unixepoch(recorded_at, 'unixepoch', 'start of month') AS period_start
