-- The summaries of wars that count history rows which the lake does not have: `tornsnap prune` deleted them before they were
-- exported. Of several databases, the one that counts the most rows.
SELECT *
FROM (
    SELECT s.*, row_number() OVER (PARTITION BY s.war_type, s.war_id, s.period_start ORDER BY s.record_count DESC, s.database_id) AS choice
    FROM war_summary AS s
    LEFT JOIN (
        SELECT database_id, war_type, war_id, date_trunc('month', recorded_at) AS period_start, count(*) AS row_count
        FROM war_status_history
        GROUP BY database_id, war_type, war_id, date_trunc('month', recorded_at)
    ) AS h
        ON h.database_id = s.database_id AND h.war_type = s.war_type AND h.war_id = s.war_id AND h.period_start = s.period_start
    WHERE s.period_type = 'monthly' AND s.record_count > coalesce(h.row_count, 0)
) AS s
WHERE choice = 1
