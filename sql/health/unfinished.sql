-- Runs of this kind in the last days that say they are at work, or that a later run found killed.
SELECT started_at, status
FROM fetch_runs
WHERE kind = :kind AND started_at >= :since AND started_at <= :horizon AND status IN ('running', 'killed')
ORDER BY started_at DESC
