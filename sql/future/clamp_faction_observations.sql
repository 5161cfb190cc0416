-- Ends now the observations that began before now and last into the future.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE faction_observations SET last_at = max(first_at, :now) WHERE last_at > :limit
