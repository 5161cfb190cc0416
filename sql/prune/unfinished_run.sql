-- The prune that was cut off, if the last one was and moved its rows to the same place.
--
-- :archive_id   database_id of the archive; NULL: rows are deleted
SELECT id
FROM prune_runs
WHERE finished_at IS NULL AND id = (SELECT max(id) FROM prune_runs) AND archive_id IS :archive_id
