-- Returns the last run of one kind that succeeded, wholly or in part, with its end and its start, or no row.
-- If the end was recorded while the clock was wrong, the start is returned for both.
--
-- :kind      kind of the runs
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT
    id,
    iif(finished_at <= :horizon, finished_at, started_at) AS succeeded_at,
    started_at,
    status = 'partial' AS is_partial
FROM fetch_runs
WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
ORDER BY started_at DESC, id DESC
LIMIT 1
