-- Deletes the records of months that are not over yet. That of the running month stays if its rows were pruned while the
-- clock was ahead, because they may be imported again.
--
-- :month   unix seconds; start of the current month
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM month_states
WHERE period_start > :month
   OR (period_start = :month AND NOT coalesce(pruned_at > :limit AND purged_at IS NULL, 0) AND reopened_at IS NULL)
