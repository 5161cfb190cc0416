-- Removes the observations that began in the future.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM player_observations WHERE first_at > :limit
