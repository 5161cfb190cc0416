-- Clears the times of values of players that are after :limit. The next fetch tells these values again.
-- The values of the state get the time of the state, which reset_players.sql has corrected before.
--
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE player_value_times
SET strength_at = iif(strength_at > :limit, NULL, strength_at),
    defense_at = iif(defense_at > :limit, NULL, defense_at),
    speed_at = iif(speed_at > :limit, NULL, speed_at),
    dexterity_at = iif(dexterity_at > :limit, NULL, dexterity_at),
    total_stats_at = iif(total_stats_at > :limit, NULL, total_stats_at),
    level_at = iif(level_at > :limit, nullif(state.last_updated, 0), level_at),
    life_maximum_at = iif(life_maximum_at > :limit, nullif(state.last_updated, 0), life_maximum_at),
    networth_at = iif(networth_at > :limit, NULL, networth_at)
FROM players AS state
WHERE state.player_id = player_value_times.player_id AND (
    strength_at > :limit
    OR defense_at > :limit
    OR speed_at > :limit
    OR dexterity_at > :limit
    OR total_stats_at > :limit
    OR level_at > :limit
    OR life_maximum_at > :limit
    OR networth_at > :limit)
