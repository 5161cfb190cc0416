-- Clears the time of key checks that were made under a clock that was ahead, so that the next fetch checks these keys.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE key_checks SET checked_at = 0 WHERE checked_at > :limit
