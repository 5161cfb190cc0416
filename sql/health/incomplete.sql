-- Since when no run of a kind has ended without failed targets, where its last success had some, and the newest failure.
--
-- :kind      kind of the runs
-- :horizon   unix seconds; runs that began later were dated by a wrong clock
SELECT coalesce(
           (SELECT max(coalesce(finished_at, started_at)) FROM fetch_runs
            WHERE kind = :kind AND status = 'ok' AND started_at <= :horizon),
           (SELECT min(started_at) FROM fetch_runs WHERE kind = :kind AND status = 'partial')) AS since,
       failed, error
FROM (
    SELECT status, failed, error FROM fetch_runs
    WHERE kind = :kind AND status IN ('ok', 'partial') AND started_at <= :horizon
    ORDER BY started_at DESC, id DESC
    LIMIT 1
)
WHERE status = 'partial'
