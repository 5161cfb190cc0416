-- Deletes the history rows of tiles that were recorded after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM territory_ownership_history WHERE recorded_at > :limit
