-- Returns the last run of each kind: of two runs that started in the same second, the one with the higher id. Kinds that never
-- ran have no row.
--
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT id, kind, started_at, status
FROM fetch_runs
WHERE id IN (
    SELECT (
        SELECT id FROM fetch_runs AS run
        WHERE run.kind = kinds.kind AND started_at <= :horizon
        ORDER BY started_at DESC, id DESC
        LIMIT 1
    )
    FROM (SELECT DISTINCT kind FROM fetch_runs) AS kinds
)
ORDER BY kind
