-- Sets the creation time of war summaries to now, if it is later and their month is over.
--
-- :now     unix seconds
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE war_summary SET created_at = :now WHERE created_at > :limit AND period_end <= :limit
