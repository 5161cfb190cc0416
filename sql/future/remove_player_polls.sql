-- Deletes the polls of players that were made under a clock that was ahead, so that the next fetch asks about these
-- players.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM player_polls WHERE polled_at > :limit
