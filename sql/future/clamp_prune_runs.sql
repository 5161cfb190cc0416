-- Dates now the prunes of the future, and ends what they pruned with the last month that is over.
-- The rows stay: the detail of those months is gone, so their summaries must not be written again.
--
-- :now     unix seconds
-- :month   first second of the running month
-- :limit   unix seconds; what is later lies in the future
UPDATE prune_runs
SET started_at = iif(started_at > :limit, :now, started_at),
    finished_at = iif(finished_at > :limit, :now, finished_at),
    cutoff = min(cutoff, :month)
WHERE started_at > :limit OR finished_at > :limit OR cutoff > :month
