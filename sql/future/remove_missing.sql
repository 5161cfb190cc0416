-- Forgets the misses of the future, so that Torn is asked for these ids next.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM missing_entities WHERE first_miss > :limit OR last_miss > :limit
