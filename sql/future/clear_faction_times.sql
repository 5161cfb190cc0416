-- Clears the times of values of factions that are after :limit. The next fetch tells these values again.
-- The values of the state get the time of the state, which reset_factions.sql has corrected before.
--
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE faction_value_times
SET respect_at = iif(respect_at > :limit, nullif(state.last_updated, 0), respect_at),
    member_count_at = iif(member_count_at > :limit, nullif(state.last_updated, 0), member_count_at),
    best_chain_at = iif(best_chain_at > :limit, nullif(state.last_updated, 0), best_chain_at)
FROM factions AS state
WHERE state.faction_id = faction_value_times.faction_id AND (
    respect_at > :limit
    OR member_count_at > :limit
    OR best_chain_at > :limit)
