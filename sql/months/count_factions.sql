-- Counts the faction history rows and the observed factions of a month, and returns the highest id in the history
-- table.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
SELECT
    count(*) AS rows,
    coalesce((SELECT max(id) FROM faction_history), 0) AS last_id,
    (SELECT count(*) FROM faction_observations WHERE period_start = :period_start) AS observed
FROM faction_history
WHERE timestamp >= :period_start AND timestamp < :period_end
