-- The summaries of players that the lake cannot compute, because `tornsnap prune` deleted history rows before they were
-- exported: those that count rows which the lake does not have, and those of later months that begin with such rows. Of
-- several databases, the one that counts the most rows.
SELECT *
FROM (
    SELECT
        s.*,
        row_number() OVER (
            PARTITION BY s.player_id, s.period_start ORDER BY s.record_count DESC, s.database_id) AS choice
    FROM (
        SELECT *, min(period_start) OVER (PARTITION BY database_id, player_id) AS first_period
        FROM player_stats_summary
        WHERE period_type = 'monthly'
    ) AS s
    LEFT JOIN (
        SELECT database_id, player_id, date_trunc('month', timestamp) AS period_start, count(*) AS row_count
        FROM player_stats_history
        GROUP BY database_id, player_id, date_trunc('month', timestamp)
    ) AS h
        ON h.database_id = s.database_id
            AND h.player_id = s.player_id
            AND h.period_start = s.period_start
    LEFT JOIN (
        SELECT database_id, player_id, min(timestamp) AS first_at
        FROM player_stats_history
        GROUP BY database_id, player_id
    ) AS f
        ON f.database_id = s.database_id
            AND f.player_id = s.player_id
    WHERE s.record_count > coalesce(h.row_count, 0)
        OR (s.period_start > s.first_period AND (f.first_at IS NULL OR f.first_at >= s.period_start))
) AS s
WHERE choice = 1
