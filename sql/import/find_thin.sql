-- Finds the entities whose imported summaries count more history rows than are here, and the first month of each.
-- A row that an import has left out, because it repeats known values, counts as here. Later months begin with values of the
-- missing rows.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history   name of the history table
INSERT INTO temp.thin (entity, since)
SELECT counted.entity, min(counted.period_start)
FROM temp.counted
LEFT JOIN (
    SELECT player_id AS entity, unixepoch(timestamp, 'unixepoch', 'start of month') AS period_start, count(*) AS rows
    FROM main.player_stats_history
    GROUP BY 1, 2
) AS present ON present.entity = counted.entity AND present.period_start = counted.period_start
LEFT JOIN main.repeated_rows AS repeated ON repeated.history = :history
    AND repeated.entity = CAST(counted.entity AS TEXT)
    AND repeated.month = strftime('%Y-%m', counted.period_start, 'unixepoch')
WHERE counted.rows > coalesce(present.rows, 0) + coalesce(repeated.rows, 0)
GROUP BY counted.entity
