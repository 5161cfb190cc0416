-- Sets started_at and finished_at of prunes to now if they are after :limit, and a later cut-off to the start of the
-- current month.
-- The rows are kept, because the history rows before the cut-off are gone and their summaries must not be written
-- again.
--
-- :now     unix seconds
-- :month   unix seconds; start of the current month
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE prune_runs
SET started_at = iif(started_at > :limit, :now, started_at),
    finished_at = iif(finished_at > :limit, :now, finished_at),
    cutoff = min(cutoff, :month)
WHERE started_at > :limit OR finished_at > :limit OR cutoff > :month
