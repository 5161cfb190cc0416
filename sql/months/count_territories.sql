-- Counts the tile history rows and the observed tiles of a month, and returns the highest id in the history table.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
SELECT
    count(*) AS rows,
    coalesce((SELECT max(id) FROM territory_ownership_history), 0) AS last_id,
    (SELECT count(*) FROM territory_observations WHERE period_start = :period_start) AS observed
FROM territory_ownership_history
WHERE recorded_at >= :period_start AND recorded_at < :period_end
