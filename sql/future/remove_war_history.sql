-- Deletes the history rows of wars that were recorded after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM war_status_history WHERE recorded_at > :limit
