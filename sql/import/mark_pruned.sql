-- Records a month whose summaries were imported, while its history rows were pruned in the source or are gone.
-- A month that has a record of its own keeps it.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
-- :rows           history rows of the month that are here
-- :last_id        highest id in the history table
-- :now            unix seconds
INSERT INTO main.month_states (
    history, period_start, summarized_at, counted_rows, last_id, observed, pruned_at, imported_at
)
VALUES (:history, :period_start, :now, :rows, :last_id, 0, :now, :now)
ON CONFLICT (history, period_start) DO NOTHING
