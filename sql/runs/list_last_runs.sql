-- Returns the start and the status of the last run of each kind. Kinds that never ran have no row.
--
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT kind, max(started_at) AS started_at, status
FROM fetch_runs
WHERE started_at <= :horizon
GROUP BY kind
