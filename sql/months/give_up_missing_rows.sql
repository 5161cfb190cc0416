-- Closes the months of which rows are missing that a prune deleted too early. Their summaries count these rows, so they stay as
-- those of pruned months. The running month has no summary yet, and is summarized from the rows that are there.
-- The clock of that prune was wrong, so pruned_at becomes the end of the month.
--
-- :before   unix seconds; only months that begin earlier are closed
-- :month    unix seconds; start of the current month
UPDATE month_states
SET pruned_at = iif(summarized_at IS NULL OR period_start >= :month,
                    pruned_at,
                    unixepoch(period_start, 'unixepoch', '+1 month')),
    reopened_at = NULL,
    expected_rows = NULL
WHERE reopened_at IS NOT NULL AND period_start < :before
