-- Removes the fetches that began in the future.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM fetch_runs WHERE started_at > :limit
