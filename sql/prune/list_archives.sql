-- Lists the archives that history rows were moved to, oldest prune first.
SELECT archive, archive_id
FROM prune_runs
WHERE archive IS NOT NULL
ORDER BY id
