-- Removes the history rows that were recorded in the future.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM player_stats_history WHERE timestamp > :limit
