-- Records the summaries computed here that imported ones will replace, with the history rows that they count.
-- Another import is then compared with these rows, too, in any order of the imports.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
-- The + keeps SQLite from reading all summaries of the month for each one.
--
-- :history   name of the history table
INSERT INTO main.imported_summaries (history, period_start, entity, own_rows)
SELECT :history, stored.period_start, CAST(thin.entity AS TEXT), record_count
FROM temp.thin
CROSS JOIN main.player_stats_summary AS stored
    ON stored.player_id = thin.entity AND stored.period_start = thin.period_start
WHERE +stored.period_type = 'monthly'
ON CONFLICT DO NOTHING
