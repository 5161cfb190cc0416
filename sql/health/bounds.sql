-- The oldest and the newest row of all detail.
SELECT min(oldest) AS oldest, max(newest) AS newest
FROM (
    SELECT (SELECT min(timestamp) FROM player_stats_history) AS oldest,
           (SELECT max(timestamp) FROM player_stats_history) AS newest
    UNION ALL
    SELECT (SELECT min(timestamp) FROM faction_history), (SELECT max(timestamp) FROM faction_history)
    UNION ALL
    SELECT (SELECT min(recorded_at) FROM war_status_history), (SELECT max(recorded_at) FROM war_status_history)
    UNION ALL
    SELECT (SELECT min(recorded_at) FROM territory_ownership_history),
           (SELECT max(recorded_at) FROM territory_ownership_history)
)
