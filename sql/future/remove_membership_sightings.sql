-- Deletes what answers of Torn and imports told about factions of players after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM membership_sightings WHERE at > :limit
