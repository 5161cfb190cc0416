-- Notes that a prune has begun, in the transaction of its first delete.
--
-- :started_at, :cutoff   unix seconds
-- :archive, :archive_id  file the rows are moved to, and its database_id; NULL: they are deleted
INSERT INTO prune_runs (started_at, cutoff, archive, archive_id)
VALUES (:started_at, :cutoff, :archive, :archive_id)
RETURNING id
