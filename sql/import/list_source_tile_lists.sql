-- Lists the periods in which another database of tornsnap has read the lists of tiles, up to a time.
--
-- ?1   unix seconds; later times were recorded while a clock was ahead
SELECT faction_id, first_at, min(last_at, ?1), is_over
FROM faction_tile_polls
WHERE first_at <= ?1
