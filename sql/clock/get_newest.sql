-- Returns the newest timestamp of any history row or observation; NULL in an empty database.
-- If the clock shows an earlier time, it is wrong.
SELECT max(moment) AS newest
FROM (
    SELECT max(timestamp) AS moment FROM player_stats_history
    UNION ALL
    SELECT max(timestamp) FROM faction_history
    UNION ALL
    SELECT max(recorded_at) FROM war_status_history
    UNION ALL
    SELECT max(recorded_at) FROM territory_ownership_history
    UNION ALL
    SELECT max(last_at) FROM player_observations
    UNION ALL
    SELECT max(last_at) FROM faction_observations
    UNION ALL
    SELECT max(last_at) FROM territory_observations
)
