-- Deletes what imported summaries tell of wars in months that are not over yet.
--
-- :month   unix seconds; start of the current month
DELETE FROM imported_wars WHERE period_start >= :month
