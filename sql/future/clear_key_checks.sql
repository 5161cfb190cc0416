-- Sets checked_at of keys to 0 if it is after :limit, so that the next fetch checks these keys.
--
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE key_checks SET checked_at = 0 WHERE checked_at > :limit
