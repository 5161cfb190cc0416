-- Deletes the tile summaries of a month that territories.sql would not write.
--
-- The condition is the opposite of the one in territories.sql.
-- It runs only if the user names the month and forces it. Usually the history rows were pruned or deleted by another
-- program, and then the summary is all that is left of them.
-- A summary that was imported stays.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
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
  AND NOT EXISTS (SELECT 1 FROM imported_summaries AS imported
                  WHERE imported.history = 'territory_ownership_history' AND imported.period_start = :period_start
                    AND imported.entity = territory_ownership_summary.territory_id)
