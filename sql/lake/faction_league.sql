-- Which faction gained most in each month that is over? Ranks start at 1; NULL: the change is not known.
SELECT
    substr(CAST(s.period_start AS VARCHAR(40)), 1, 7) AS month,
    s.faction_id,
    f.name,
    s.respect_change,                             -- points
    CASE WHEN s.respect_change IS NOT NULL THEN rank() OVER (
        PARTITION BY s.period_start ORDER BY s.respect_change DESC NULLS LAST) END AS respect_rank,
    s.respect_end,                                -- at the end of the month
    s.member_count_change,
    s.member_count_end,
    s.best_chain_end,                             -- hits
    s.record_count,                               -- history rows in the month
    s.period_start
FROM lake_faction_summary AS s
LEFT JOIN lake_faction_names AS f ON f.faction_id = s.faction_id
