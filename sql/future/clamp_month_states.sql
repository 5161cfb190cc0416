-- Opens the months again that a prune closed while the clock was ahead: the prune was too early, so the rows that it
-- deleted may be imported from a backup. The running month counts as not summarized.
-- Sets the other times of months to now if they are after :limit. The rows are kept, because these months are summarized
-- even if the times are wrong.
-- Months whose summaries were deleted on request take no rows. They stay closed.
--
-- :now     unix seconds
-- :month   unix seconds; start of the current month
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE month_states
SET reopened_at = iif(pruned_at > :limit AND purged_at IS NULL, :now, reopened_at),
    pruned_at = iif(pruned_at > :limit, iif(purged_at IS NULL, NULL, :now), pruned_at),
    summarized_at = CASE
        WHEN period_start >= :month THEN NULL
        WHEN summarized_at > :limit THEN :now
        ELSE summarized_at
    END,
    counted_rows = iif(period_start >= :month, 0, counted_rows),
    last_id = iif(period_start >= :month, 0, last_id),
    observed = iif(period_start >= :month, 0, observed),
    purged_at = iif(purged_at > :limit, :now, purged_at)
WHERE summarized_at > :limit OR pruned_at > :limit OR purged_at > :limit
