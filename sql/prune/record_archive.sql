-- Records the path of an archive, in a prune that moved no row to it, or that begins it and gives another one up.
-- Does nothing if that is recorded already and no archive is given up.
--
-- :now, :cutoff   unix seconds
-- :archive        path of the archive
-- :archive_id     its database_id
-- :given_up       database_id of the archive that is gone and given up; NULL: none
-- :is_new         1: also if no prune has recorded this archive before
INSERT INTO prune_runs (started_at, finished_at, cutoff, archive, archive_id, given_up)
SELECT :now, :now, :cutoff, :archive, :archive_id, :given_up
WHERE (:given_up IS NOT NULL
       OR (SELECT archive FROM prune_runs WHERE archive_id = :archive_id ORDER BY id DESC LIMIT 1) IS NOT :archive
       OR (SELECT archive_id FROM prune_runs WHERE archive = :archive ORDER BY id DESC LIMIT 1) IS NOT :archive_id)
  AND (:is_new OR EXISTS (SELECT 1 FROM prune_runs WHERE archive_id = :archive_id))
