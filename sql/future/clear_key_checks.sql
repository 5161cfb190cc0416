-- Makes the next fetch check the keys that were checked in the future.
--
-- :limit   unix seconds; what is later lies in the future
UPDATE key_checks SET checked_at = 0 WHERE checked_at > :limit
