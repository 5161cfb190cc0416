-- Sets the durations of imported summaries of wars that tell the same scores as the history rows of the month here, and no winner.
-- The war was running, and its scores have not changed since the last row here. That row says since when they are known, and
-- the other collector has only seen them once more. So the duration is that of the rows here, as in summarize/wars.sql.
-- A month that is pruned here gets no more rows. A summary of more rows than are known of it may count one of the end.
-- A file that was imported before the prune has no such summary: each of its rows was taken, left out or removed.
UPDATE temp.imported_war_summary AS imported
SET duration_seconds = own.duration
FROM temp.own_rows AS own
WHERE own.entity = imported.war_type || ' ' || imported.war_id AND own.period_start = imported.period_start
  AND own.duration IS NOT NULL
  AND imported.winner_faction_id IS NULL
  AND own.score = coalesce(imported.final_attacking_score, 0) + coalesce(imported.final_defending_score, 0)
  AND (imported.period_start NOT IN (SELECT period_start FROM temp.pruned_months)
      OR coalesce(imported.record_count, 0) <= own.known)
