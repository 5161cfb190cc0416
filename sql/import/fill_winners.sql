-- Sets the winner in stored summaries without one, if an imported summary of the same war and month names it. If a history row of
-- an earlier month has this winner, the war was decided in that month: it may be pruned, and is not summarized again.
-- A war that had not ended at the end of the month keeps NULL, and so does one that was decided in an earlier month.
-- The + keeps SQLite from reading all earlier summaries for each one, through the index on period_type.
UPDATE main.war_summary AS summary
SET winner_faction_id = known.winner_faction_id
FROM temp.known_winners AS known
WHERE summary.war_type = known.war_type AND summary.war_id = known.war_id
  AND summary.period_start = min(known.period_start, coalesce((
      SELECT unixepoch(min(recorded_at), 'unixepoch', 'start of month') FROM main.war_status_history AS decided
      WHERE decided.war_type = known.war_type AND decided.war_id = known.war_id
        AND decided.status = 'completed' AND decided.winner_faction_id = known.winner_faction_id), known.period_start))
  AND +summary.period_type = 'monthly'
  AND summary.winner_faction_id IS NULL
  AND known.winner_faction_id IN (
      coalesce(summary.attacking_faction_id, known.winner_faction_id),
      coalesce(summary.defending_faction_id, known.winner_faction_id))
  AND coalesce((
      SELECT status FROM main.war_status_history AS newest
      WHERE newest.war_type = known.war_type AND newest.war_id = known.war_id
        AND newest.recorded_at >= summary.period_start AND newest.recorded_at < summary.period_end
      ORDER BY newest.recorded_at DESC, newest.id DESC LIMIT 1), 'completed') = 'completed'
  AND NOT EXISTS (
      SELECT 1 FROM main.war_summary AS earlier
      WHERE earlier.war_type = summary.war_type AND earlier.war_id = summary.war_id
        AND +earlier.period_type = 'monthly' AND earlier.period_start < summary.period_start
        AND earlier.winner_faction_id IS NOT NULL)
