-- The archives that history rows were moved to, oldest first.
SELECT archive, archive_id
FROM prune_runs
WHERE archive IS NOT NULL
ORDER BY id
