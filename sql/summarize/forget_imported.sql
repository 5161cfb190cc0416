-- Forgets that summaries of a month were imported, once they are computed from all history rows that they count.
-- A row that an import has left out, because it repeats known values, counts, too, here and in the source of the summary.
-- Without the `+`, SQLite would count the rows of the month first, although a month seldom has imported summaries.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history                     name of the history table
-- :period_start, :period_end   unix seconds; the month as a half-open interval
DELETE FROM imported_summaries
WHERE history = :history AND period_start = :period_start AND +entity IN (
    SELECT mark.entity
    FROM (
        SELECT player_id AS entity, record_count
        FROM player_stats_summary
        WHERE period_type = 'monthly' AND period_start = :period_start
    ) AS summary
    JOIN (
        SELECT player_id AS entity, count(*) AS rows
        FROM player_stats_history
        WHERE timestamp >= :period_start AND timestamp < :period_end
        GROUP BY 1
    ) AS present ON present.entity = summary.entity
    JOIN imported_summaries AS mark ON mark.history = :history AND mark.period_start = :period_start
        AND mark.entity = CAST(summary.entity AS TEXT)
    WHERE present.rows + coalesce((
        SELECT sum(rows) FROM repeated_rows
        WHERE history = :history AND entity = mark.entity
          AND at >= :period_start AND at < :period_end), 0) >= summary.record_count + mark.left_out
)
