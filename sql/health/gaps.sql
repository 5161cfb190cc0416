-- Times without any success of this kind that ended within the last days, longest first. A run that began after :horizon
-- was dated by a wrong clock, and so was an end after it.
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
