-- Returns 1 if any fetch run was recorded, else 0.
SELECT EXISTS (SELECT 1 FROM fetch_runs) AS has_runs
