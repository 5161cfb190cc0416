-- Runs of this kind that never said how they ended, seen while its lock is ours: they were killed.
UPDATE fetch_runs
SET status = 'killed', error = coalesce(error, 'the process was killed')
WHERE kind = :kind AND status = 'running'
