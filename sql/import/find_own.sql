-- Finds the summaries computed here that imported ones may replace, with the history rows that they count.
-- Another import is then compared with these rows, too, in any order of the imports.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
-- The + keeps SQLite from reading all summaries of the month for each one.
--
-- :history   name of the history table
INSERT INTO temp.own_rows (entity, period_start, rows)
SELECT CAST(thin.entity AS TEXT), stored.period_start, record_count
FROM temp.thin
CROSS JOIN main.player_stats_summary AS stored
    ON stored.player_id = thin.entity AND stored.period_start = thin.period_start
WHERE +stored.period_type = 'monthly'
  AND NOT EXISTS (
      SELECT 1 FROM main.imported_summaries AS mark
      WHERE mark.history = :history AND mark.period_start = stored.period_start
        AND mark.entity = CAST(stored.player_id AS TEXT))
