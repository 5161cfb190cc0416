-- The history rows of a month, the highest id in the table, and how many entities were observed in the month.
--
-- :period_start, :period_end   the month, half-open, unix seconds
SELECT
    count(*) AS rows,
    coalesce((SELECT max(id) FROM player_stats_history), 0) AS last_id,
    (SELECT count(*) FROM player_observations WHERE period_start = :period_start) AS observed
FROM player_stats_history
WHERE timestamp >= :period_start AND timestamp < :period_end
