-- Records the start of a prune, in the transaction that deletes its first rows.
--
-- :started_at, :cutoff   unix seconds
-- :archive               path of the archive; NULL: the rows are deleted
-- :archive_id            database_id of the archive
INSERT INTO prune_runs (started_at, cutoff, archive, archive_id)
VALUES (:started_at, :cutoff, :archive, :archive_id)
RETURNING id
