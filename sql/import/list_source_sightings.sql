-- Lists the sightings of another database of tornsnap, without those in the future.
--
-- ?1   unix seconds; later times were recorded while a clock was ahead
SELECT player_id, at, faction_id, joined_at, has_left, newest_of
FROM membership_sightings
WHERE at <= ?1
