-- Clears the times of values of factions that are after :limit. The next fetch tells these values again.
--
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE faction_value_times
SET respect_at = iif(respect_at > :limit, NULL, respect_at),
    member_count_at = iif(member_count_at > :limit, NULL, member_count_at),
    best_chain_at = iif(best_chain_at > :limit, NULL, best_chain_at)
WHERE respect_at > :limit
   OR member_count_at > :limit
   OR best_chain_at > :limit
