-- Closes the months of which rows are missing that a prune deleted too early. Their summaries count these rows, so they stay as
-- those of pruned months. The running month has no summary yet, and is summarized from the rows that are there.
--
-- :before   unix seconds; only months that begin earlier are closed
-- :month    unix seconds; start of the current month
-- :now      unix seconds
UPDATE month_states
SET pruned_at = iif(summarized_at IS NULL OR period_start >= :month, pruned_at, :now),
    reopened_at = NULL,
    expected_rows = NULL
WHERE reopened_at IS NOT NULL AND period_start < :before
