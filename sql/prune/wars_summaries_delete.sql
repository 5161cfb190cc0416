-- Deletes the summaries of months before a moment.
--
-- :before   unix seconds, the first of a month
DELETE FROM war_summary
WHERE period_end <= :before
