-- Which player gained most in each month that is over? Ranks start at 1; NULL: the change is not known.
SELECT
    substr(CAST(s.period_start AS VARCHAR(40)), 1, 7) AS month,
    s.player_id,
    p.name,
    p.faction_id,                                 -- present faction
    f.name AS faction_name,
    s.total_stats_change,
    CASE WHEN s.total_stats_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.total_stats_change DESC NULLS LAST) END AS total_stats_rank,
    s.networth_change,                            -- dollars
    CASE WHEN s.networth_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.networth_change DESC NULLS LAST) END AS networth_rank,
    s.level_change,
    CASE WHEN s.level_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.level_change DESC NULLS LAST) END AS level_rank,
    s.record_count,                               -- history rows in the month
    s.period_start
FROM lake_player_stats_summary AS s
LEFT JOIN lake_player_names AS p ON p.player_id = s.player_id
LEFT JOIN lake_faction_names AS f ON f.faction_id = p.faction_id
