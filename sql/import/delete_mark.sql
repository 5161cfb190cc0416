-- Deletes the record of a month whose summaries were imported before its history rows.
-- The month then has rows and no summary of its own, so that `summarize` writes it.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
DELETE FROM main.month_states
WHERE history = :history AND period_start = :period_start AND imported_at IS NOT NULL
