-- Removes the history rows that were recorded in the future.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM war_status_history WHERE recorded_at > :limit
