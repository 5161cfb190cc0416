-- Forgets that summaries of wars were imported that delete_known_wars.sql has deleted.
DELETE FROM main.imported_summaries
WHERE history = 'war_status_history' AND NOT EXISTS (
    SELECT 1 FROM main.war_summary AS summary
    WHERE summary.period_type = 'monthly' AND summary.period_start = imported_summaries.period_start
      AND summary.war_type || ' ' || summary.war_id = imported_summaries.entity)
