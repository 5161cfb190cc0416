-- Removes the month's rows of tiles that should have none: no detail in the month, and not carried into it.
-- The condition is that of territories.sql, turned round. Never run on a month whose detail has been pruned.
--
-- :period_start, :period_end   as in territories.sql
-- :previous_is_pruned          1: a summary of the month before counts as detail from before
DELETE FROM territory_ownership_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM territory_ownership_history AS detail INDEXED BY idx_territory_ownership_territory_time
                  WHERE detail.territory_id = territory_ownership_summary.territory_id
                    AND detail.recorded_at >= :period_start AND detail.recorded_at < :period_end)
  AND NOT (
      EXISTS (SELECT 1 FROM territories
              WHERE territories.territory_id = territory_ownership_summary.territory_id AND last_updated >= :period_start)
      AND (
          EXISTS (SELECT 1 FROM territory_ownership_history AS detail INDEXED BY idx_territory_ownership_territory_time
                  WHERE detail.territory_id = territory_ownership_summary.territory_id
                    AND detail.recorded_at < :period_start)
          OR EXISTS (SELECT 1 FROM territory_ownership_summary AS previous
                     WHERE previous.territory_id = territory_ownership_summary.territory_id
                       AND previous.period_end = :period_start AND previous.period_type = 'monthly' AND :previous_is_pruned)
      )
  )
