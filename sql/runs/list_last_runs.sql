-- Returns the last run of each kind. Kinds that never ran have no row.
-- The ids tell the order of the runs: the clock may have been changed between two of them.
--
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT id, kind, started_at, status
FROM fetch_runs
WHERE id IN (SELECT max(id) FROM fetch_runs WHERE started_at <= :horizon GROUP BY kind)
ORDER BY kind
