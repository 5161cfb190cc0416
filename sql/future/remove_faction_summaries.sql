-- Removes the summaries of months that are not over.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM faction_summary WHERE period_end > :limit
