-- Removes the month's rows of wars without history rows in it.
-- It runs only when the user names the month and insists: rows that another program deleted, or a prune, are the usual
-- reason, and the summary then knows more than the history rows that are left.
--
-- :period_start, :period_end   as in wars.sql
DELETE FROM war_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM war_status_history AS detail INDEXED BY idx_war_status_war_time
                  WHERE detail.war_type = war_summary.war_type AND detail.war_id = war_summary.war_id
                    AND detail.recorded_at >= :period_start AND detail.recorded_at < :period_end)
