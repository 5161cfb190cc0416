-- Deletes the times at which rarely changing data was read under a clock that was ahead, so that it is read next.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM refreshes WHERE refreshed_at > :limit
