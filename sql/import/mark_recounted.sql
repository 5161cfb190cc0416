-- Marks a month of which more rows are known than before, because rows that repeat known values were left out, if it has imported
-- summaries: those that are computed here may replace them now. Without a count of observed entities, a month counts as changed.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
UPDATE main.month_states SET observed = NULL
WHERE history = :history AND period_start = :period_start AND pruned_at IS NULL AND purged_at IS NULL
  AND EXISTS (
      SELECT 1 FROM main.imported_summaries AS mark
      WHERE mark.history = :history AND mark.period_start = :period_start)
