-- The summaries of players that the lake cannot compute, because `tornsnap prune` deleted history rows before they were
-- exported: those that count rows which the lake does not have, and those of later months that begin with such rows. Of
-- several databases, the one that counts the most rows.
WITH
counted AS (
    SELECT database_id, player_id, date_trunc('month', timestamp) AS period_start, count(*) AS row_count
    FROM player_stats_history
    GROUP BY database_id, player_id, date_trunc('month', timestamp)
),
-- first_month: the first month with a row in the lake. first_period: the first month with a summary.
begun AS (
    SELECT database_id, player_id, min(period_start) AS first_month
    FROM counted
    GROUP BY database_id, player_id
),
told AS (
    SELECT *, min(period_start) OVER (PARTITION BY database_id, player_id) AS first_period
    FROM player_stats_summary
    WHERE period_type = 'monthly'
),
lacking AS (
    SELECT
        t.*,
        row_number() OVER (
            PARTITION BY t.player_id, t.period_start ORDER BY t.record_count DESC, t.database_id) AS choice
    FROM told AS t
    LEFT JOIN counted AS c
        ON c.database_id = t.database_id AND c.player_id = t.player_id AND c.period_start = t.period_start
    LEFT JOIN begun AS b ON b.database_id = t.database_id AND b.player_id = t.player_id
    WHERE t.record_count > coalesce(c.row_count, 0)
        OR (t.period_start > t.first_period AND (b.first_month IS NULL OR b.first_month >= t.period_start))
)
SELECT *
FROM lacking
WHERE choice = 1
