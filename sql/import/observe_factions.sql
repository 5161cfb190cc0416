-- Derives observations of factions from the imported history rows and states, for a source that has none of its own.
-- Each different time counts as one poll.
INSERT INTO temp.imported_faction_observations (faction_id, period_start, first_at, last_at, polls)
SELECT faction_id, unixepoch(at, 'unixepoch', 'start of month') AS month, min(at), max(at), count(DISTINCT at)
FROM (
    SELECT faction_id, timestamp AS at FROM temp.imported_faction_history
    UNION ALL
    SELECT faction_id, last_updated FROM temp.imported_factions WHERE last_updated > 0 AND :states_are_observations
)
GROUP BY faction_id, month
