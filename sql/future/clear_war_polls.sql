-- Clears the times at which war lists were read under a clock that was ahead, so that they are read next.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE faction_war_polls
SET listed_at = iif(listed_at > :limit, NULL, listed_at),
    history_read_at = iif(history_read_at > :limit, NULL, history_read_at)
WHERE listed_at > :limit OR history_read_at > :limit
