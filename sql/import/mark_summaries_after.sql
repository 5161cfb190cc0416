-- Records the summaries of pruned months that follow an imported one of the same entity as imported, too.
-- They then begin with the values that the imported one ends with.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
-- CROSS JOIN and the + keep SQLite from reading all summaries of a month for each imported one.
--
-- :history   name of the history table
INSERT INTO main.imported_summaries (history, period_start, entity, own_rows)
SELECT :history, later.period_start, imported.entity, record_count
FROM (
    SELECT entity, min(period_start) AS first
    FROM main.imported_summaries
    WHERE history = :history
    GROUP BY entity
) AS imported
CROSS JOIN main.player_stats_summary AS later ON later.player_id = imported.entity AND later.period_start > imported.first
WHERE +later.period_type = 'monthly' AND later.period_start IN (SELECT period_start FROM temp.pruned_months)
ON CONFLICT DO NOTHING
