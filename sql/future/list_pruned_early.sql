-- Lists the months that a prune closed while the clock was ahead, oldest first.
-- is_open: 1 if `prune --future` has opened the month again, so that its rows may be imported.
--
-- :limit   unix seconds; later records were made while the clock was ahead
SELECT history, period_start, counted_rows, reopened_at IS NOT NULL AS is_open
FROM month_states
WHERE reopened_at IS NOT NULL OR (pruned_at > :limit AND purged_at IS NULL)
ORDER BY period_start, history
