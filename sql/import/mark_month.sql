-- Marks a month of which summaries were imported, so that `summarize` writes those of the other entities, too.
-- A month that was pruned, or whose summaries were deleted, stays as it is.
-- Without a count of observed entities, a month counts as changed.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
-- :now            unix seconds
INSERT INTO main.month_states (history, period_start, summarized_at, observed)
VALUES (:history, :period_start, :now, NULL)
ON CONFLICT (history, period_start) DO UPDATE SET observed = NULL
WHERE pruned_at IS NULL AND purged_at IS NULL
