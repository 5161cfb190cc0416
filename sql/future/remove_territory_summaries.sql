-- Deletes the tile summaries of months that are not over yet.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM territory_ownership_summary WHERE period_end > :limit
