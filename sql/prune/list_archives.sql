-- Lists the archives that were used, each with the paths that prunes recorded, oldest prune first.
SELECT archive, archive_id
FROM prune_runs
WHERE archive IS NOT NULL
ORDER BY id
