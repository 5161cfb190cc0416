-- The summaries of factions that count history rows which the lake does not have: `tornsnap prune` deleted them before they were
-- exported. Of several databases, the one that counts the most rows.
SELECT *
FROM (
    SELECT s.*, row_number() OVER (PARTITION BY s.faction_id, s.period_start ORDER BY s.record_count DESC, s.database_id) AS choice
    FROM faction_summary AS s
    LEFT JOIN (
        SELECT database_id, faction_id, date_trunc('month', timestamp) AS period_start, count(*) AS row_count
        FROM faction_history
        GROUP BY database_id, faction_id, date_trunc('month', timestamp)
    ) AS h
        ON h.database_id = s.database_id AND h.faction_id = s.faction_id AND h.period_start = s.period_start
    WHERE s.period_type = 'monthly' AND s.record_count > coalesce(h.row_count, 0)
) AS s
WHERE choice = 1
