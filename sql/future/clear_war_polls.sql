-- Forgets when war lists were read in the future, so that they are read next.
--
-- :limit   unix seconds; what is later lies in the future
UPDATE faction_war_polls
SET listed_at = iif(listed_at > :limit, NULL, listed_at),
    history_read_at = iif(history_read_at > :limit, NULL, history_read_at)
WHERE listed_at > :limit OR history_read_at > :limit
