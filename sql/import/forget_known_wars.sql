-- Forgets that summaries of wars were imported that delete_known_wars.sql has deleted.
DELETE FROM main.imported_summaries
WHERE history = 'war_status_history' AND (entity, period_start) NOT IN (
    SELECT war_type || ' ' || war_id, period_start FROM main.war_summary WHERE period_type = 'monthly')
