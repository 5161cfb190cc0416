-- Lists the months that a prune closed while the clock was ahead, oldest first. Those with reopened_at are open again.
-- There are none if that prune deleted no row that the right clock would have kept, because both are in the same month.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
WITH ahead AS (
    SELECT
        cutoff,
        12 * (strftime('%Y', started_at, 'unixepoch') - strftime('%Y', cutoff, 'unixepoch'))
            + strftime('%m', started_at, 'unixepoch') - strftime('%m', cutoff, 'unixepoch') AS kept_months
    FROM prune_runs
    WHERE started_at > :limit AND deleted > 0
)
SELECT history, period_start, counted_rows, last_id, reopened_at, expected_rows
FROM month_states
WHERE reopened_at IS NOT NULL
   OR (pruned_at > :limit AND purged_at IS NULL
       AND coalesce(
           (SELECT max(cutoff > unixepoch(:now, 'unixepoch', 'start of month', '-' || kept_months || ' months')) FROM ahead), 1))
ORDER BY period_start, history
