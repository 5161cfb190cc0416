-- Deletes the refreshes after :limit, so that the next fetch reads this data.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM refreshes WHERE refreshed_at > :limit
