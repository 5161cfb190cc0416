-- Deletes the fetch runs that started under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM fetch_runs WHERE started_at > :limit
