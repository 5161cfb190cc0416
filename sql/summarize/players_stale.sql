-- Removes the month's rows of players that should have none: no detail in the month, and not carried into it.
-- The condition is that of players.sql, turned round. Never run on a month whose detail has been pruned.
--
-- :period_start, :period_end, :previous_is_pruned   as in players.sql
DELETE FROM player_stats_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM player_stats_history AS detail INDEXED BY idx_player_stats_player_time
                  WHERE detail.player_id = player_stats_summary.player_id
                    AND detail.timestamp >= :period_start AND detail.timestamp < :period_end)
  AND NOT (
      EXISTS (SELECT 1 FROM players
              WHERE players.player_id = player_stats_summary.player_id AND last_updated >= :period_start)
      AND (
          EXISTS (SELECT 1 FROM player_stats_history AS detail INDEXED BY idx_player_stats_player_time
                  WHERE detail.player_id = player_stats_summary.player_id AND detail.timestamp < :period_start)
          OR EXISTS (SELECT 1 FROM player_stats_summary AS previous
                     WHERE previous.player_id = player_stats_summary.player_id AND previous.period_end = :period_start
                       AND previous.period_type = 'monthly' AND :previous_is_pruned)
      )
  )
