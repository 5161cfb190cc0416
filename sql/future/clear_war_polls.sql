-- Clears listed_at and history_read_at if they are after :limit, so that the next fetch reads these lists of wars.
--
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE faction_war_polls
SET listed_at = iif(listed_at > :limit, NULL, listed_at),
    history_read_at = iif(history_read_at > :limit, NULL, history_read_at)
WHERE listed_at > :limit OR history_read_at > :limit
