-- Lists the runs of one kind that are marked as running or killed, newest first.
-- A run that was killed stays marked as running until the next run of its kind starts.
--
-- :kind      kind of the runs
-- :since     unix seconds; runs that started earlier are ignored
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT id, started_at, status
FROM fetch_runs
WHERE kind = :kind AND started_at >= :since AND started_at <= :horizon AND status IN ('running', 'killed')
ORDER BY id DESC
