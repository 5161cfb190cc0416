-- Dates now what was done with months while the clock was ahead. The rows stay: those months are summarized and pruned.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE month_states
SET summarized_at = iif(summarized_at > :limit, :now, summarized_at),
    pruned_at = iif(pruned_at > :limit, :now, pruned_at),
    purged_at = iif(purged_at > :limit, :now, purged_at)
WHERE summarized_at > :limit OR pruned_at > :limit OR purged_at > :limit
