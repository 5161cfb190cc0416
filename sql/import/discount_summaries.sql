-- Subtracts the replaced history rows from the counts of the summaries that counted them.
-- A new summary that counts fewer rows then does not look as if rows had been lost.
-- The count of an imported summary stays: it says how many rows a new one must be computed from to replace it.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history   name of the history table
UPDATE main.player_stats_summary AS summary
SET record_count = max(0, record_count - (
    SELECT count(*) FROM temp.replaced
    WHERE entity = player_id AND period_start = summary.period_start))
WHERE period_type = 'monthly'
  AND (player_id, period_start) IN (SELECT entity, period_start FROM temp.replaced)
  AND (CAST(player_id AS TEXT), period_start) NOT IN (
      SELECT entity, period_start FROM main.imported_summaries WHERE history = :history)
