-- Deletes the history rows of factions that were recorded under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM faction_history WHERE timestamp > :limit
