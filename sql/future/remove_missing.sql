-- Deletes the misses that were recorded under a clock that was ahead, so that the next fetch asks about these ids.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM missing_entities WHERE first_miss > :limit OR last_miss > :limit
