-- Removes the month's rows of factions that should have none: no detail in the month, and not carried into it.
-- The condition is that of factions.sql, turned round. Never run on a month whose detail has been pruned.
--
-- :period_start, :period_end, :previous_is_pruned   as in factions.sql
DELETE FROM faction_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM faction_history AS detail INDEXED BY idx_faction_history_faction_time
                  WHERE detail.faction_id = faction_summary.faction_id
                    AND detail.timestamp >= :period_start AND detail.timestamp < :period_end)
  AND NOT (
      EXISTS (SELECT 1 FROM factions
              WHERE factions.faction_id = faction_summary.faction_id AND last_updated >= :period_start)
      AND (
          EXISTS (SELECT 1 FROM faction_history AS detail INDEXED BY idx_faction_history_faction_time
                  WHERE detail.faction_id = faction_summary.faction_id AND detail.timestamp < :period_start)
          OR EXISTS (SELECT 1 FROM faction_summary AS previous
                     WHERE previous.faction_id = faction_summary.faction_id AND previous.period_end = :period_start
                       AND previous.period_type = 'monthly' AND :previous_is_pruned)
      )
  )
