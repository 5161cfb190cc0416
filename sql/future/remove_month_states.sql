-- Deletes the records of months that are not over yet.
--
-- :month   unix seconds; start of the current month
DELETE FROM month_states WHERE period_start >= :month
