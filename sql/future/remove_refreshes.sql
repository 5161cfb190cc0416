-- Forgets when data was refreshed in the future, so that it is read next.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM refreshes WHERE refreshed_at > :limit
