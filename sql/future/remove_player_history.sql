-- Deletes the history rows of players that were recorded under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM player_stats_history WHERE timestamp > :limit
