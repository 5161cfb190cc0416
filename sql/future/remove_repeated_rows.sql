-- Deletes the counts of repeated rows of months that have not begun yet.
--
-- :month   unix seconds; start of the current month
DELETE FROM repeated_rows WHERE period_start > :month
