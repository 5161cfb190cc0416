-- Deletes the tile summaries of months that are not over yet.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM territory_ownership_summary WHERE period_end > :limit
