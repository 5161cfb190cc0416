-- The moment of the oldest detail of any kind; NULL: there is none. Times before 1970 are nobody's month.
SELECT min(moment) AS first_detail FROM (
    SELECT min(timestamp) AS moment FROM player_stats_history WHERE timestamp >= 0
    UNION ALL SELECT min(timestamp) FROM faction_history WHERE timestamp >= 0
    UNION ALL SELECT min(recorded_at) FROM war_status_history WHERE recorded_at >= 0
    UNION ALL SELECT min(recorded_at) FROM territory_ownership_history WHERE recorded_at >= 0
)
