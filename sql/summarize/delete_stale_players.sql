-- Deletes the player summaries of a month that players.sql would not write.
--
-- The condition is the opposite of the one in players.sql.
-- It runs only if the user names the month and forces it. Usually the history rows were pruned or deleted by another
-- program, and then the summary is all that is left of them.
-- A summary that was imported stays.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
DELETE FROM player_stats_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM player_stats_history AS history INDEXED BY idx_player_stats_player_time
                  WHERE history.player_id = player_stats_summary.player_id
                    AND history.timestamp >= :period_start AND history.timestamp < :period_end)
  AND NOT (
      EXISTS (SELECT 1 FROM player_observations AS observed
              WHERE observed.player_id = player_stats_summary.player_id AND observed.period_start = :period_start)
      AND EXISTS (SELECT 1 FROM player_stats_history AS history INDEXED BY idx_player_stats_player_time
                  WHERE history.player_id = player_stats_summary.player_id AND history.timestamp < :period_start)
  )
  AND NOT EXISTS (SELECT 1 FROM imported_summaries AS imported
                  WHERE imported.history = 'player_stats_history' AND imported.period_start = :period_start
                    AND imported.entity = CAST(player_stats_summary.player_id AS TEXT))
