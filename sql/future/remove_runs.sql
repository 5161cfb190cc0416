-- Deletes the fetch runs that started after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM fetch_runs WHERE started_at > :limit
