-- Marks runs of one kind as killed that never recorded their end.
-- The caller holds the lock of that kind, so none of these runs can still be running.
--
-- :kind   kind of the runs
UPDATE fetch_runs
SET status = 'killed', error = coalesce(error, 'the process was killed'), cause = 'stopped'
WHERE kind = :kind AND status = 'running'
