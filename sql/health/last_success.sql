-- When this kind was last fetched, wholly or in part; no row: never. A run that began after :horizon was dated by a wrong
-- clock, and so was an end after it.
SELECT iif(finished_at <= :horizon, finished_at, started_at) AS succeeded_at, started_at, status = 'partial' AS is_partial
FROM fetch_runs
WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
ORDER BY started_at DESC
LIMIT 1
