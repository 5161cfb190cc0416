-- Leaves out the imported summaries of wars all of whose history rows are known here: the other database has kept them, and they
-- repeat known values. If they had come first, they would have been removed with their summary.
DELETE FROM temp.imported_war_summary
WHERE (war_type || ' ' || war_id, period_start) IN (
    SELECT entity, period_start FROM temp.repeated_kept
    WHERE history = 'war_status_history' AND rows >= record_count)
