-- Records the summaries of pruned months that follow an imported one of the same entity as imported, too.
-- They then begin with the values that the imported one ends with.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
-- CROSS JOIN keeps SQLite from reading all summaries for each imported one.
--
-- :history   name of the history table
INSERT INTO main.imported_summaries (history, period_start, entity, own_rows)
WITH imported AS MATERIALIZED (
    SELECT entity, min(period_start) AS first
    FROM main.imported_summaries
    WHERE history = :history
    GROUP BY entity
)
SELECT :history, later.period_start, imported.entity, record_count
FROM main.player_stats_summary AS later
CROSS JOIN imported ON imported.entity = CAST(player_id AS TEXT) AND imported.first < later.period_start
WHERE period_type = 'monthly' AND period_start IN (SELECT period_start FROM temp.pruned_months)
ON CONFLICT DO NOTHING
