-- Deletes the faction summaries of a month that factions.sql would not write.
--
-- The condition is the opposite of the one in factions.sql.
-- It runs only if the user names the month and forces it. Usually the history rows were pruned or deleted by another
-- program, and then the summary is all that is left of them.
-- A summary that was imported stays.
--
-- :period_start, :period_end   unix seconds; the month as a half-open interval
DELETE FROM faction_summary
WHERE period_type = 'monthly' AND period_start = :period_start AND period_end = :period_end
  AND NOT EXISTS (SELECT 1 FROM faction_history AS history INDEXED BY idx_faction_history_faction_time
                  WHERE history.faction_id = faction_summary.faction_id
                    AND history.timestamp >= :period_start AND history.timestamp < :period_end)
  AND NOT (
      EXISTS (SELECT 1 FROM faction_observations AS observed
              WHERE observed.faction_id = faction_summary.faction_id AND observed.period_start = :period_start)
      AND EXISTS (SELECT 1 FROM faction_history AS history INDEXED BY idx_faction_history_faction_time
                  WHERE history.faction_id = faction_summary.faction_id AND history.timestamp < :period_start)
  )
  AND NOT EXISTS (SELECT 1 FROM imported_summaries AS imported
                  WHERE imported.history = 'faction_history' AND imported.period_start = :period_start
                    AND imported.entity = CAST(faction_summary.faction_id AS TEXT))
