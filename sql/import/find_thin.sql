-- Finds the imported summaries that may replace the stored ones: more history rows were known to their source than are here.
-- The rows of a month that is pruned here are those of the summary that was computed here. A row that an import has left out,
-- because it repeats known values, counts as known, in the source and here. The rank decides about a stored summary that was
-- imported itself. If another program has deleted rows here, the number in our summary counts.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
-- The + keeps SQLite from reading all summaries of the month for each one.
--
-- :history   name of the history table
INSERT INTO temp.thin (entity, period_start)
SELECT counted.entity, counted.period_start
FROM (
    SELECT entity, period_start, rows + left_out AS known_there, coalesce((
        SELECT sum(rows) FROM main.repeated_rows
        WHERE history = :history AND entity = CAST(counted.entity AS TEXT)
          AND at >= counted.period_start
          AND at < unixepoch(counted.period_start, 'unixepoch', '+1 month')), 0) AS repeated
    FROM temp.counted
) AS counted
LEFT JOIN (
    SELECT player_id AS entity, unixepoch(timestamp, 'unixepoch', 'start of month') AS period_start, count(*) AS rows
    FROM main.player_stats_history
    GROUP BY 1, 2
) AS present ON present.entity = counted.entity AND present.period_start = counted.period_start
LEFT JOIN main.player_stats_summary AS stored ON stored.player_id = counted.entity
    AND stored.period_start = counted.period_start AND +stored.period_type = 'monthly'
LEFT JOIN main.imported_summaries AS mark ON mark.history = :history
    AND mark.period_start = stored.period_start AND mark.entity = CAST(stored.player_id AS TEXT)
WHERE CASE
    WHEN counted.period_start IN (SELECT period_start FROM temp.pruned_months)
    THEN mark.entity IS NOT NULL AND own_rows IS NULL AND repeated = 0
        OR known_there > repeated + coalesce(iif(mark.entity IS NULL, stored.record_count, own_rows), 0)
    ELSE known_there > max(
        repeated + coalesce(present.rows, 0),
        coalesce(iif(mark.entity IS NULL, stored.record_count, NULL), 0))
END
GROUP BY 1, 2
