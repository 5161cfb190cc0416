-- Marks a month of which summaries were imported, so that `summarize` writes those of the other entities, too.
-- A month that was pruned, or whose summaries were deleted, stays as it is.
-- observed = -1 asks for that: it differs from every count, so the month counts as changed.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
-- :now            unix seconds
INSERT INTO main.month_states (history, period_start, summarized_at, observed)
VALUES (:history, :period_start, :now, -1)
ON CONFLICT (history, period_start) DO UPDATE SET observed = -1
WHERE pruned_at IS NULL AND purged_at IS NULL
