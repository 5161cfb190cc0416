-- Marks the months whose summaries the user has deleted.
-- These months are summarized again only if the user names them.
--
-- :before   unix seconds; start of the first month that is kept
-- :now      unix seconds
UPDATE month_states
SET purged_at = :now
WHERE period_start < :before AND summarized_at IS NOT NULL AND purged_at IS NULL
