-- Marks the months after one of which summaries were imported, so that `summarize` writes their summaries again.
-- They begin with the values that the imported summaries end with.
-- Without a count of observed entities, a month counts as changed.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
UPDATE main.month_states
SET observed = NULL
WHERE history = :history AND period_start > :period_start
  AND summarized_at IS NOT NULL AND pruned_at IS NULL AND purged_at IS NULL
