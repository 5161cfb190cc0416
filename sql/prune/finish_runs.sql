-- Notes that this prune is done, and with it those that were cut off before: it has done their rest.
--
-- :finished_at   unix seconds
UPDATE prune_runs
SET finished_at = :finished_at
WHERE finished_at IS NULL
