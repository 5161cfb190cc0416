-- The summaries of tiles that the lake cannot compute, because `tornsnap prune` deleted history rows before they were
-- exported: those that count rows which the lake does not have, and those of later months that begin with such rows. Of
-- several databases, the one that counts the most rows.
SELECT *
FROM (
    SELECT
        s.*,
        row_number() OVER (
            PARTITION BY s.territory_id, s.period_start ORDER BY s.record_count DESC, s.database_id) AS choice
    FROM (
        SELECT *, min(period_start) OVER (PARTITION BY database_id, territory_id) AS first_period
        FROM territory_ownership_summary
        WHERE period_type = 'monthly'
    ) AS s
    LEFT JOIN (
        SELECT database_id, territory_id, date_trunc('month', recorded_at) AS period_start, count(*) AS row_count
        FROM territory_ownership_history
        GROUP BY database_id, territory_id, date_trunc('month', recorded_at)
    ) AS h
        ON h.database_id = s.database_id
            AND h.territory_id = s.territory_id
            AND h.period_start = s.period_start
    LEFT JOIN (
        SELECT database_id, territory_id, min(recorded_at) AS first_at
        FROM territory_ownership_history
        GROUP BY database_id, territory_id
    ) AS f
        ON f.database_id = s.database_id
            AND f.territory_id = s.territory_id
    WHERE s.record_count > coalesce(h.row_count, 0)
        OR (s.period_start > s.first_period AND (f.first_at IS NULL OR f.first_at >= s.period_start))
) AS s
WHERE choice = 1
