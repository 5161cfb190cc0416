-- Deletes the history rows of factions that were recorded after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM faction_history WHERE timestamp > :limit
