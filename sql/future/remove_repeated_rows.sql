-- Deletes the counts of repeated rows with times after now.
--
-- :limit   unix seconds; later times are in the future
DELETE FROM repeated_rows WHERE at > :limit
