-- Deletes the history rows of tiles that were recorded under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM territory_ownership_history WHERE recorded_at > :limit
