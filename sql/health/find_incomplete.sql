-- Returns the time since which every run of one kind has had failed targets, and the newest error.
--
-- No row: the last successful run had no failed targets.
-- since: end of the last run without failed targets, or the start of the first run with some.
--
-- The ids tell the order of the runs: the clock may have been changed between two of them.
-- NOT INDEXED: it reads the newest rows only, down to the first one that fits.
--
-- :kind      kind of the runs
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT
    coalesce(
        (SELECT coalesce(finished_at, started_at) FROM fetch_runs NOT INDEXED
         WHERE kind = :kind AND status = 'ok' AND started_at <= :horizon
         ORDER BY id DESC LIMIT 1),
        (SELECT min(started_at) FROM fetch_runs WHERE kind = :kind AND status = 'partial')
    ) AS since,
    failed,
    error
FROM (
    SELECT status, failed, error FROM fetch_runs NOT INDEXED
    WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
    ORDER BY id DESC
    LIMIT 1
)
WHERE status = 'partial'
