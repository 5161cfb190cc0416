-- Lowers the counts of imported summaries to the history rows that are here, where imports have left out the others, because
-- they repeat known values. A new summary that counts fewer rows then does not look as if rows had been lost.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :history                     name of the history table
-- :period_start, :period_end   unix seconds; the month as a half-open interval
UPDATE main.player_stats_summary
SET record_count = coalesce((
    SELECT present.rows
    FROM (SELECT player_id AS entity, count(*) AS rows
          FROM main.player_stats_history
          WHERE timestamp >= :period_start AND timestamp < :period_end
          GROUP BY 1) AS present
    WHERE present.entity = player_id
), 0)
WHERE period_type = 'monthly' AND period_start = :period_start
  AND EXISTS (
      SELECT 1 FROM main.repeated_rows
      WHERE history = :history AND entity = CAST(player_id AS TEXT)
        AND month = strftime('%Y-%m', :period_start, 'unixepoch'))
