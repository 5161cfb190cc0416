-- Returns when the last successful or partial run of one kind ended and started; no row: none.
-- The start stands in for an end that was recorded under a wrong clock.
--
-- :kind      kind of the runs
-- :horizon   unix seconds; later timestamps were recorded under a wrong clock
SELECT
    iif(finished_at <= :horizon, finished_at, started_at) AS succeeded_at,
    started_at,
    status = 'partial' AS is_partial
FROM fetch_runs
WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
ORDER BY started_at DESC
LIMIT 1
