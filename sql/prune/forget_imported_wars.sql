-- Forgets what imported summaries of wars before a time tell, because the summaries are deleted.
--
-- :before   unix seconds; start of a month
DELETE FROM imported_wars WHERE period_start < :before
