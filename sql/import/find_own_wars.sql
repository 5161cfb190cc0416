-- Finds the stored summaries of the wars of this import, with the history rows that are known here.
-- A month that is pruned here has the number of rows of the summary that was computed here, or NULL if there was none.
-- The + keeps SQLite from reading all summaries for each war, through the index on period_type.
INSERT INTO temp.own_rows (entity, period_start, rows)
SELECT stored.war_type || ' ' || stored.war_id, stored.period_start, CASE
    WHEN stored.period_start NOT IN (SELECT period_start FROM temp.pruned_months)
    THEN (
        SELECT nullif(count(*), 0) FROM main.war_status_history AS own
        WHERE own.war_type = stored.war_type AND own.war_id = stored.war_id
          AND own.recorded_at >= stored.period_start AND own.recorded_at < stored.period_end)
    WHEN mark.entity IS NOT NULL THEN mark.own_rows
    ELSE stored.record_count
END
FROM temp.wars_of_import AS war
CROSS JOIN main.war_summary AS stored ON stored.war_type = war.war_type AND stored.war_id = war.war_id
LEFT JOIN main.imported_summaries AS mark ON mark.history = 'war_status_history'
    AND mark.period_start = stored.period_start AND mark.entity = stored.war_type || ' ' || stored.war_id
WHERE +stored.period_type = 'monthly'
