-- The prune that was cut off, if the last one was.
SELECT id
FROM prune_runs
WHERE finished_at IS NULL AND id = (SELECT max(id) FROM prune_runs)
