-- When this kind was last fetched, wholly or in part; NULL: never. A run of the far future was dated by a wrong clock.
SELECT coalesce(finished_at, started_at) AS succeeded_at, started_at
FROM fetch_runs
WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
ORDER BY started_at DESC
LIMIT 1
