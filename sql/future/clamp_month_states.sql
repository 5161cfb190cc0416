-- Sets the times of months to now if one of them is after :limit.
-- The rows are kept, because these months are summarized, pruned or purged even if the times are wrong.
-- reopen_month.sql has opened the months again whose prune was too early. Months whose summaries were deleted on request take no
-- rows. They stay closed.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE month_states
SET summarized_at = min(summarized_at, :now),     -- NULL stays NULL
    pruned_at = min(pruned_at, :now),
    purged_at = min(purged_at, :now)
WHERE summarized_at > :limit OR pruned_at > :limit OR purged_at > :limit
