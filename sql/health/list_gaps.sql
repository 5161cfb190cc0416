-- Lists the times without a successful run of one kind, longest first.
-- A gap is the time between the ends of two successful runs. If an end was recorded while the clock was wrong, the start
-- of the run is taken.
--
-- :kind      kind of the runs
-- :since     unix seconds; runs that started earlier are ignored
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
-- :seconds   only longer gaps are listed
SELECT started_at, ended_at
FROM (
    SELECT lag(succeeded_at) OVER (ORDER BY began_at, id) AS started_at, succeeded_at AS ended_at
    FROM (
        SELECT id, started_at AS began_at, iif(finished_at <= :horizon, finished_at, started_at) AS succeeded_at
        FROM fetch_runs
        WHERE kind = :kind AND started_at >= :since AND started_at <= :horizon AND status IN ('ok', 'partial')
    )
)
WHERE ended_at - started_at > :seconds
ORDER BY ended_at - started_at DESC
