-- Marks the months after one whose summaries were imported, so that `summarize` writes their summaries again.
-- They begin with the values that the imported summaries end with.
-- No month was ever summarized from -1 observations, so this differs from every count.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
UPDATE main.month_states
SET observed = -1
WHERE history = :history AND period_start > :period_start
  AND summarized_at IS NOT NULL AND pruned_at IS NULL AND purged_at IS NULL
