-- Returns the time since which every run of one kind has had failed targets, and the newest error.
--
-- No row: the last successful run had no failed targets.
-- since: end of the last run without failed targets, or the start of the first run with some.
--
-- :kind      kind of the runs
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT
    coalesce(
        (SELECT max(coalesce(finished_at, started_at)) FROM fetch_runs
         WHERE kind = :kind AND status = 'ok' AND started_at <= :horizon),
        (SELECT min(started_at) FROM fetch_runs WHERE kind = :kind AND status = 'partial')
    ) AS since,
    failed,
    error
FROM (
    SELECT status, failed, error FROM fetch_runs
    WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
    ORDER BY started_at DESC, id DESC
    LIMIT 1
)
WHERE status = 'partial'
