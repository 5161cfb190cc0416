-- Marks a month as summarized, and stores the history rows and observations that it was summarized from.
-- A month with newer history rows or more observations is summarized again.
--
-- :history         name of the history table
-- :period_start    unix seconds; start of the month
-- :rows            history rows of the month
-- :last_id         highest id in the history table
-- :observed        players, factions or tiles that were observed in the month
-- :lacks_rows      1 if rows that a prune deleted too early are still missing; the month then stays open for them
-- :summarized_at   unix seconds
INSERT INTO month_states (history, period_start, summarized_at, counted_rows, last_id, observed)
VALUES (:history, :period_start, :summarized_at, :rows, :last_id, :observed)
ON CONFLICT (history, period_start) DO UPDATE SET
    summarized_at = excluded.summarized_at,
    counted_rows = excluded.counted_rows,
    last_id = excluded.last_id,
    observed = excluded.observed,
    purged_at = NULL,
    reopened_at = iif(:lacks_rows, reopened_at, NULL),
    expected_rows = iif(:lacks_rows, expected_rows, NULL)
