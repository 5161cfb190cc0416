-- Returns the last prune if it was interrupted and moved its rows to the same archive, else no row.
--
-- :archive_id   database_id of the archive; NULL: the rows are deleted
SELECT id
FROM prune_runs
WHERE finished_at IS NULL AND id = (SELECT max(id) FROM prune_runs) AND archive_id IS :archive_id
