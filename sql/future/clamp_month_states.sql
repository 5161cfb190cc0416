-- Sets summarized_at, pruned_at and purged_at of months to now if they are after :limit.
-- The rows are kept, because these months are summarized and pruned even if the times are wrong.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE month_states
SET summarized_at = iif(summarized_at > :limit, :now, summarized_at),
    pruned_at = iif(pruned_at > :limit, :now, pruned_at),
    purged_at = iif(purged_at > :limit, :now, purged_at)
WHERE summarized_at > :limit OR pruned_at > :limit OR purged_at > :limit
