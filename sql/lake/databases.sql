-- The databases that have written into the lake.
SELECT database_id FROM player_stats_history
UNION
SELECT database_id FROM faction_history
UNION
SELECT database_id FROM war_status_history
UNION
SELECT database_id FROM territory_ownership_history
UNION
SELECT database_id FROM player_observations
UNION
SELECT database_id FROM faction_observations
UNION
SELECT database_id FROM territory_observations
