-- Deletes the records of imported summaries of months that are not over yet.
--
-- :month   unix seconds; start of the current month
DELETE FROM imported_summaries WHERE period_start >= :month
