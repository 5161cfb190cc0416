-- Leaves out the imported summaries of wars all of whose history rows are known here: the other database has kept them, and they
-- repeat known values. If they had come first, they would have been removed with their summary.
DELETE FROM temp.imported_war_summary AS imported
WHERE EXISTS (
    SELECT 1 FROM temp.repeated_kept AS kept
    WHERE kept.entity = imported.war_type || ' ' || imported.war_id
      AND kept.period_start = imported.period_start AND kept.rows >= imported.record_count)
