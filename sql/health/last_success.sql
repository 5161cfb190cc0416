-- When this kind was last fetched, wholly or in part; NULL: never.
SELECT coalesce(finished_at, started_at) AS succeeded_at, started_at
FROM fetch_runs
WHERE kind = :kind AND status IN ('ok', 'partial')
ORDER BY started_at DESC
LIMIT 1
