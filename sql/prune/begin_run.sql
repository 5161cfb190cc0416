-- Notes that a prune begins, before it deletes anything: from here on, detail before the cut-off may be missing.
--
-- :started_at, :cutoff   unix seconds
-- :archive               file the rows are moved to; NULL: they are deleted
INSERT INTO prune_runs (started_at, cutoff, archive)
VALUES (:started_at, :cutoff, :archive)
RETURNING id
