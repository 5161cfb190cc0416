-- Collects the winners of wars: those that the imported summaries and history rows name, and of wars with imported history rows
-- also those that stored rows name, and stored summaries that were imported.
INSERT INTO temp.known_winners (war_type, war_id, period_start, winner_faction_id)
SELECT war_type, war_id, period_start, winner_faction_id
FROM temp.imported_war_summary
WHERE winner_faction_id IS NOT NULL
UNION ALL
SELECT war_type, war_id, period_start, winner_faction_id
FROM main.war_summary
WHERE winner_faction_id IS NOT NULL AND period_type = 'monthly'
  AND (war_type, war_id) IN (SELECT war_type, war_id FROM temp.imported_war_status_history)
  AND (war_type || ' ' || war_id, period_start) IN (
      SELECT entity, period_start FROM main.imported_summaries WHERE history = 'war_status_history')
UNION ALL
SELECT war_type, war_id, unixepoch(recorded_at, 'unixepoch', 'start of month'), winner_faction_id
FROM temp.imported_war_status_history
WHERE winner_faction_id IS NOT NULL AND status = 'completed'
UNION ALL
SELECT war_type, war_id, unixepoch(recorded_at, 'unixepoch', 'start of month'), winner_faction_id
FROM main.war_status_history
WHERE winner_faction_id IS NOT NULL AND status = 'completed'
  AND (war_type, war_id) IN (SELECT war_type, war_id FROM temp.imported_war_status_history)
