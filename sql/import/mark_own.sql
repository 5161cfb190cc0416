-- Records the summaries computed here that imported ones will replace, with the history rows that they count.
-- Another import is then compared with these rows, too, in any order of the imports.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history   name of the history table
INSERT INTO main.imported_summaries (history, period_start, entity, own_rows)
WITH stored AS MATERIALIZED (
    SELECT player_id AS entity, period_start, record_count
    FROM main.player_stats_summary
    WHERE period_type = 'monthly'
)
SELECT :history, stored.period_start, CAST(stored.entity AS TEXT), record_count
FROM temp.thin
JOIN stored ON stored.entity = thin.entity AND stored.period_start = thin.period_start
WHERE true
ON CONFLICT DO NOTHING
