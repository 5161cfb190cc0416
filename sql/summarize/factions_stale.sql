-- Removes the month's rows of factions that should have none. The condition is that of factions.sql, turned round.
-- It runs only when the user names the month and insists: rows that another program deleted, or a prune, are the usual
-- reason, and the summary then knows more than the history rows that are left.
--
-- :period_start, :period_end   as in factions.sql
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
