-- Deletes the war summaries of a month that wars.sql would not write, because the month has no history rows of the war.
-- It runs only if the user names the month and forces it. Usually the history rows were pruned or deleted by another
-- program, and then the summary is all that is left of them.
-- A summary that was imported stays.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
DELETE FROM war_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM war_status_history AS history INDEXED BY idx_war_status_war_time
                  WHERE history.war_type = war_summary.war_type AND history.war_id = war_summary.war_id
                    AND history.recorded_at >= :period_start AND history.recorded_at < :period_end)
  AND NOT EXISTS (SELECT 1 FROM imported_summaries AS imported
                  WHERE imported.history = 'war_status_history' AND imported.period_start = :period_start
                    AND imported.entity = war_summary.war_type || ' ' || war_summary.war_id)
