-- Deletes the polls of players after :limit, so that the next fetch asks about these players.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM player_polls WHERE polled_at > :limit
