-- Deletes the history rows of players that were recorded after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM player_stats_history WHERE timestamp > :limit
