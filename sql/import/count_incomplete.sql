-- Counts the summaries of a month that counted more history rows of their entity than are here.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
SELECT count(*) AS incomplete
FROM (
    SELECT player_id AS entity, record_count
    FROM main.player_stats_summary
    WHERE period_type = 'monthly' AND period_start = :period_start
) AS summary
LEFT JOIN (
    SELECT player_id AS entity, count(*) AS rows
    FROM main.player_stats_history
    WHERE timestamp >= :period_start AND timestamp < :period_end
    GROUP BY entity
) AS present ON present.entity = summary.entity
WHERE summary.record_count > coalesce(present.rows, 0)
