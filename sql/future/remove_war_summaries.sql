-- Deletes the war summaries of months that are not over yet.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM war_summary WHERE period_end > :limit
