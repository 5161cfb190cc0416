-- Records the summaries of pruned months that follow an imported one of the same entity as imported, too.
-- They then begin with the values that the imported one ends with.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history   name of the history table
INSERT INTO main.imported_summaries (history, period_start, entity)
SELECT :history, period_start, CAST(player_id AS TEXT)
FROM main.player_stats_summary AS later
WHERE period_type = 'monthly' AND period_start IN (SELECT period_start FROM temp.pruned_months)
  AND EXISTS (
      SELECT 1 FROM main.imported_summaries AS imported
      WHERE imported.history = :history AND imported.entity = CAST(player_id AS TEXT)
        AND imported.period_start < later.period_start)
ON CONFLICT DO NOTHING
