-- Sets created_at of tile summaries to now if it is after :limit and the month is over.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE territory_ownership_summary SET created_at = :now WHERE created_at > :limit AND period_end <= :limit
