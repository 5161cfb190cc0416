-- Forgets the polls of players in the future, so that these players are asked about next.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM player_polls WHERE polled_at > :limit
