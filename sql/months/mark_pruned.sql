-- Marks a month as pruned, and all later ones before the cut-off, unless they are marked already.
--
-- The later months begin with values of the deleted rows, also if no row of their own is deleted. Without the mark, a late
-- row would have them summarized again with other first values. A month without a record gets one.
-- A summary of a war begins with no older row, so only months with deleted rows of wars are marked.
-- A later month whose summaries were deleted stays as it is.
--
-- :history        name of the history table
-- :period_start   unix seconds; start of the month
-- :cutoff         unix seconds; start of the first month that is kept
-- :now            unix seconds
WITH RECURSIVE months (period_start) AS (
    VALUES (:period_start)
    UNION ALL
    SELECT unixepoch(period_start, 'unixepoch', '+1 month')
    FROM months
    WHERE unixepoch(period_start, 'unixepoch', '+1 month') < :cutoff
      AND :history <> 'war_status_history'
)
INSERT INTO month_states (history, period_start, pruned_at)
SELECT :history, period_start, :now
FROM months
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (history, period_start) DO UPDATE SET
    pruned_at = excluded.pruned_at,
    reopened_at = NULL,
    expected_rows = NULL
WHERE pruned_at IS NULL
  AND (purged_at IS NULL OR month_states.period_start = :period_start)
