-- Lists the archives that have history rows, each with the path that its last prune recorded.
--
-- cutoff:      unix seconds; older rows were moved to it
-- replaced_by: path of the archive that a later prune has begun under the same path, or elsewhere while this one was gone. NULL
--              also if another archive was moved to the path of this one.
SELECT
    run.archive,
    run.archive_id,
    moved.cutoff,
    (
        SELECT later.archive
        FROM prune_runs AS later
        WHERE later.id > run.id
          AND (later.given_up = run.archive_id
               OR (later.archive = run.archive
                   AND NOT EXISTS (SELECT 1 FROM prune_runs AS earlier
                                   WHERE earlier.id < later.id AND earlier.archive_id = later.archive_id
                                     AND earlier.archive <> later.archive)))
        ORDER BY later.id DESC
        LIMIT 1
    ) AS replaced_by
FROM prune_runs AS run
JOIN (SELECT archive_id, max(cutoff) AS cutoff FROM prune_runs WHERE deleted > 0 GROUP BY archive_id) AS moved
    ON moved.archive_id = run.archive_id
WHERE NOT EXISTS (SELECT 1 FROM prune_runs AS later
                  WHERE later.id > run.id AND later.archive_id = run.archive_id)
ORDER BY run.id
