-- Records the end of a prune.
-- Earlier prunes that were interrupted end too, because this one has done the rest of their work.
--
-- :finished_at   unix seconds
UPDATE prune_runs SET finished_at = :finished_at WHERE finished_at IS NULL
