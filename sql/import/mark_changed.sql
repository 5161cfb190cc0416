-- Marks the months in which history rows were replaced, so that `summarize` writes their summaries again.
-- Without a count of observed entities, a month counts as changed.
--
-- :history   name of the history table
UPDATE main.month_states AS state
SET observed = NULL,
    counted_rows = max(0, counted_rows - (
        SELECT count(*) FROM temp.replaced WHERE replaced.period_start = state.period_start))
WHERE history = :history AND summarized_at IS NOT NULL
  AND period_start IN (SELECT period_start FROM temp.replaced)
