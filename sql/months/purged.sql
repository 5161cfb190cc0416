-- Notes that the summaries of the months before a moment were deleted on request.
--
-- :before   unix seconds, the first of a month
-- :now      unix seconds
UPDATE month_states
SET purged_at = :now
WHERE period_start < :before AND summarized_at IS NOT NULL AND purged_at IS NULL
