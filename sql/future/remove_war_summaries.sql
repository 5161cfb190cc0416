-- Deletes the war summaries of months that are not over yet.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM war_summary WHERE period_end > :limit
