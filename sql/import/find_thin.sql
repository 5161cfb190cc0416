-- Finds the imported summaries that count more history rows than are known here. They replace the stored ones.
-- A row that an import has left out, because it repeats known values, counts as known. A stored summary that was imported
-- itself stays if it counts as many rows, and so does one of a month that is pruned here.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
-- MATERIALIZED keeps SQLite from reading all summaries of the month for each one.
--
-- :history   name of the history table
INSERT INTO temp.thin (entity, period_start)
WITH stored AS MATERIALIZED (
    SELECT player_id AS entity, period_start, record_count
    FROM main.player_stats_summary
    WHERE period_type = 'monthly' AND (
        period_start IN (SELECT period_start FROM temp.pruned_months)
        OR (CAST(player_id AS TEXT), period_start) IN (
            SELECT entity, period_start FROM main.imported_summaries WHERE history = :history))
)
SELECT counted.entity, counted.period_start
FROM temp.counted
LEFT JOIN (
    SELECT player_id AS entity, unixepoch(timestamp, 'unixepoch', 'start of month') AS period_start, count(*) AS rows
    FROM main.player_stats_history
    GROUP BY 1, 2
) AS present ON present.entity = counted.entity AND present.period_start = counted.period_start
LEFT JOIN main.repeated_rows AS repeated ON repeated.history = :history
    AND repeated.entity = CAST(counted.entity AS TEXT)
    AND repeated.period_start = counted.period_start
LEFT JOIN temp.repeated_kept AS kept ON kept.history = :history
    AND kept.entity = CAST(counted.entity AS TEXT)
    AND kept.period_start = counted.period_start
LEFT JOIN stored ON stored.entity = counted.entity AND stored.period_start = counted.period_start
WHERE counted.rows > coalesce(repeated.rows, 0) + coalesce(kept.rows, 0) + coalesce(
    iif(counted.period_start IN (SELECT period_start FROM temp.pruned_months), stored.record_count, present.rows), 0)
  AND counted.rows > coalesce(stored.record_count, 0)
GROUP BY 1, 2
