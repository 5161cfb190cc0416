-- Times without any success of this kind that ended within the last days, longest first.
SELECT ended_at - started_at AS seconds, started_at, ended_at
FROM (
    SELECT lag(coalesce(finished_at, started_at)) OVER (ORDER BY started_at, id) AS started_at,
           coalesce(finished_at, started_at) AS ended_at
    FROM fetch_runs
    WHERE kind = :kind AND started_at >= :since AND status IN ('ok', 'partial')
)
WHERE ended_at - started_at > :seconds
ORDER BY seconds DESC
