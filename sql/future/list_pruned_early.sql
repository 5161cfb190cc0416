-- Lists the months that a prune closed while the clock was ahead, oldest first. Those with reopened_at are open again.
--
-- :limit   unix seconds; later records were made while the clock was ahead
SELECT history, period_start, counted_rows, last_id, reopened_at, expected_rows
FROM month_states
WHERE reopened_at IS NOT NULL OR (pruned_at > :limit AND purged_at IS NULL)
ORDER BY period_start, history
