-- Deletes the history rows of wars that were recorded under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM war_status_history WHERE recorded_at > :limit
