-- Compares the summaries of a month with the history rows that are here.
-- incomplete: summaries that counted more rows of their entity. A row that an import has left out, because it repeats known
-- values, counts as here. uncounted: entities with more rows than were counted.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history                     name of the history table
-- :period_start, :period_end   unix seconds; the month as a half-open interval
SELECT
    count(*) FILTER (WHERE summary.record_count > coalesce(present.rows, 0) + coalesce(repeated.rows, 0)) AS incomplete,
    count(*) FILTER (WHERE present.rows > coalesce(summary.record_count, 0)) AS uncounted
FROM (
    SELECT player_id AS entity, record_count
    FROM main.player_stats_summary
    WHERE period_type = 'monthly' AND period_start = :period_start
) AS summary
FULL JOIN (
    SELECT player_id AS entity, count(*) AS rows
    FROM main.player_stats_history
    WHERE timestamp >= :period_start AND timestamp < :period_end
    GROUP BY entity
) AS present ON present.entity = summary.entity
LEFT JOIN main.repeated_rows AS repeated ON repeated.history = :history
    AND repeated.entity = CAST(summary.entity AS TEXT)
    AND repeated.month = strftime('%Y-%m', :period_start, 'unixepoch')
