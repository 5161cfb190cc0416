-- Removes the month's rows of tiles that should have none. The condition is that of territories.sql, turned round.
-- It runs only when the user names the month and insists: rows that another program deleted, or a prune, are the usual
-- reason, and the summary then knows more than the history rows that are left.
--
-- :period_start, :period_end   as in territories.sql
DELETE FROM territory_ownership_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM territory_ownership_history AS history INDEXED BY idx_territory_ownership_territory_time
                  WHERE history.territory_id = territory_ownership_summary.territory_id
                    AND history.recorded_at >= :period_start AND history.recorded_at < :period_end)
  AND NOT (
      EXISTS (SELECT 1 FROM territory_observations AS observed
              WHERE observed.territory_id = territory_ownership_summary.territory_id
                AND observed.period_start = :period_start)
      AND EXISTS (SELECT 1 FROM territory_ownership_history AS history INDEXED BY idx_territory_ownership_territory_time
                  WHERE history.territory_id = territory_ownership_summary.territory_id
                    AND history.recorded_at < :period_start)
  )
