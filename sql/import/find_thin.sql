-- Finds the imported summaries that may replace the stored ones: they count more history rows than are known here.
-- Of a month that is pruned here, these are the rows of the summary that was computed here. A row that an import has left out,
-- because it repeats known values, counts as known. Of stored summaries that were imported themselves, those of more rows stay.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
-- MATERIALIZED keeps SQLite from reading all summaries of the month for each one.
--
-- :history   name of the history table
INSERT INTO temp.thin (entity, period_start)
WITH stored AS MATERIALIZED (
    SELECT
        summary.entity, summary.period_start, record_count, mark.entity IS NOT NULL AS is_marked,
        iif(mark.entity IS NULL, record_count, own_rows) AS own_rows
    FROM (
        SELECT player_id AS entity, period_start, record_count
        FROM main.player_stats_summary
        WHERE period_type = 'monthly'
    ) AS summary
    LEFT JOIN main.imported_summaries AS mark ON mark.history = :history
        AND mark.period_start = summary.period_start AND mark.entity = CAST(summary.entity AS TEXT)
    WHERE summary.period_start IN (SELECT period_start FROM temp.pruned_months) OR mark.entity IS NOT NULL
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
WHERE counted.rows >= coalesce(stored.record_count, 0)
  AND CASE
      WHEN counted.period_start IN (SELECT period_start FROM temp.pruned_months)
      THEN own_rows IS NULL AND is_marked
          OR counted.rows > coalesce(repeated.rows, 0) + coalesce(kept.rows, 0) + coalesce(own_rows, 0)
      ELSE counted.rows > coalesce(repeated.rows, 0) + coalesce(kept.rows, 0) + coalesce(present.rows, 0)
  END
GROUP BY 1, 2
