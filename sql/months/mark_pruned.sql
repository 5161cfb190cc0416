-- Marks a month as pruned, unless it is marked already. A month whose summaries were imported is now pruned here.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
-- :now            unix seconds
INSERT INTO month_states (history, period_start, pruned_at)
VALUES (:history, :period_start, :now)
ON CONFLICT (history, period_start) DO UPDATE SET
    pruned_at = coalesce(pruned_at, excluded.pruned_at),
    imported_at = NULL
