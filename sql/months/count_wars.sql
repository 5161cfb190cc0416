-- Counts the war history rows of a month, and returns the highest id in the history table.
-- observed is 0, because observations of wars are not recorded.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
SELECT
    count(*) AS rows,
    coalesce((SELECT max(id) FROM war_status_history), 0) AS last_id,
    0 AS observed
FROM war_status_history
WHERE recorded_at >= :period_start AND recorded_at < :period_end
