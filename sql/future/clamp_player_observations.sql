-- Sets the last answer in observations of players to now, if it is later and their first answer is not.
--
-- :now     unix seconds
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE player_observations SET last_at = max(first_at, :now) WHERE last_at > :limit
