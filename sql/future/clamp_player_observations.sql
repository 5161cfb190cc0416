-- Sets last_at in observations of players to now if it is after :limit and first_at is not.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE player_observations SET last_at = max(first_at, :now) WHERE last_at > :limit
