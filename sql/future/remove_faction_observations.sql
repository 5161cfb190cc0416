-- Deletes the observations of factions whose first_at is after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM faction_observations WHERE first_at > :limit
