-- Deletes the misses after :limit, so that the next fetch asks about these ids.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM missing_entities WHERE first_miss > :limit OR last_miss > :limit
