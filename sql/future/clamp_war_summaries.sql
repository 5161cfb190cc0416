-- Sets created_at of war summaries to now if it is after :limit and the month is over.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE war_summary SET created_at = :now WHERE created_at > :limit AND period_end <= :limit
