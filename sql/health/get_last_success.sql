-- Returns the last run of one kind that succeeded, wholly or in part, with its end, or no row.
-- If the end was recorded while the clock was wrong, the start is returned instead.
-- The ids tell the order of the runs: the clock may have been changed between two of them.
-- NOT INDEXED: it reads the newest rows only, down to the first one that fits.
--
-- :kind      kind of the runs
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT
    id,
    iif(finished_at <= :horizon, finished_at, started_at) AS succeeded_at,
    status = 'partial' AS is_partial
FROM fetch_runs NOT INDEXED
WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
ORDER BY id DESC
LIMIT 1
