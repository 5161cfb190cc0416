-- Forgets which summaries before a time were imported, because they are deleted.
--
-- :before   unix seconds; start of a month
DELETE FROM imported_summaries WHERE period_start < :before
