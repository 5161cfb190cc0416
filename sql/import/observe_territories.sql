-- Derives observations of tiles from the imported history rows, for a source that has none of its own.
-- Each different time counts as one poll.
INSERT INTO temp.imported_territory_observations (territory_id, period_start, first_at, last_at, polls)
SELECT
    territory_id, unixepoch(recorded_at, 'unixepoch', 'start of month') AS month, min(recorded_at), max(recorded_at),
    count(DISTINCT recorded_at)
FROM temp.imported_territory_ownership_history
GROUP BY territory_id, month
