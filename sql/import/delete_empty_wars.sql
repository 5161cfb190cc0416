-- Deletes the summaries of wars whose only history rows of the month were replaced.
-- A war has a summary only in months in which it has history rows.
DELETE FROM main.war_summary
WHERE period_type = 'monthly' AND record_count = 0
  AND (war_type || ' ' || war_id, period_start) IN (SELECT entity, period_start FROM temp.replaced)
