-- Finds the entities whose imported summaries count more history rows than are here, and the first month of each.
-- Its later months begin with values of the missing rows.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
INSERT INTO temp.thin (entity, since)
SELECT counted.entity, min(counted.period_start)
FROM temp.counted
LEFT JOIN (
    SELECT player_id AS entity, unixepoch(timestamp, 'unixepoch', 'start of month') AS period_start, count(*) AS rows
    FROM main.player_stats_history
    GROUP BY 1, 2
) AS present ON present.entity = counted.entity AND present.period_start = counted.period_start
WHERE counted.rows > coalesce(present.rows, 0)
GROUP BY counted.entity
