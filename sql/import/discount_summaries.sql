-- Subtracts the replaced history rows from the counts of the summaries that counted them.
-- A new summary that counts fewer rows then does not look as if rows had been lost.
-- The count of an imported summary stays: it says how many rows a new one must be computed from to replace it.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history   name of the history table
WITH gone AS MATERIALIZED (
    SELECT entity, period_start, count(*) AS rows
    FROM temp.replaced
    GROUP BY entity, period_start
)
UPDATE main.player_stats_summary AS summary
SET record_count = max(0, record_count - gone.rows)
FROM gone
WHERE player_id = gone.entity
  AND summary.period_type = 'monthly'
  AND summary.period_start = gone.period_start
  AND NOT EXISTS (
      SELECT 1 FROM main.imported_summaries AS imported
      WHERE imported.history = :history
        AND imported.period_start = summary.period_start
        AND imported.entity = CAST(player_id AS TEXT)
  )
