-- Whether any fetch was recorded.
SELECT EXISTS (SELECT 1 FROM fetch_runs) AS has_runs
