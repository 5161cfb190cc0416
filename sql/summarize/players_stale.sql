-- Removes the month's rows of players that should have none. The condition is that of players.sql, turned round.
-- It runs only when the user names the month and insists: rows that another program deleted, or a prune, are the usual
-- reason, and the summary then knows more than the history rows that are left.
--
-- :period_start, :period_end   as in players.sql
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
