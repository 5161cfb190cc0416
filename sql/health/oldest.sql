-- The oldest row of all detail.
SELECT min(oldest) AS oldest
FROM (
    SELECT min(timestamp) AS oldest FROM player_stats_history
    UNION ALL
    SELECT min(timestamp) FROM faction_history
    UNION ALL
    SELECT min(recorded_at) FROM war_status_history
    UNION ALL
    SELECT min(recorded_at) FROM territory_ownership_history
)
