-- Deletes the faction summaries of months that are not over yet.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM faction_summary WHERE period_end > :limit
