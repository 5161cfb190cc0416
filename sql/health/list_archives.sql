-- Lists the archives that history rows were moved to, each with the path that its last prune recorded.
-- Only the last prune to each archive is listed. An archive is left out if a later prune made a new one under its path.
SELECT archive, archive_id, cutoff
FROM prune_runs AS run
WHERE archive IS NOT NULL AND deleted > 0
  AND NOT EXISTS (SELECT 1 FROM prune_runs AS later
                  WHERE later.id > run.id AND later.deleted > 0
                    AND (later.archive = run.archive OR later.archive_id = run.archive_id))
ORDER BY id
