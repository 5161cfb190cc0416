-- Lists the archives that have history rows, each with the path that its last prune recorded.
--
-- cutoff:      unix seconds; older rows were moved to it
-- is_replaced: 1: a later prune has begun a new archive under this path. 0 also if another archive was moved there.
SELECT
    run.archive,
    run.archive_id,
    moved.cutoff,
    EXISTS (
        SELECT 1
        FROM prune_runs AS later
        WHERE later.id > run.id
          AND later.archive = run.archive
          AND NOT EXISTS (SELECT 1 FROM prune_runs AS earlier
                          WHERE earlier.id < later.id AND earlier.archive_id = later.archive_id
                            AND earlier.archive <> later.archive)
    ) AS is_replaced
FROM prune_runs AS run
JOIN (SELECT archive_id, max(cutoff) AS cutoff FROM prune_runs WHERE deleted > 0 GROUP BY archive_id) AS moved
    ON moved.archive_id = run.archive_id
WHERE NOT EXISTS (SELECT 1 FROM prune_runs AS later
                  WHERE later.id > run.id AND later.archive_id = run.archive_id)
ORDER BY run.id
