-- Collects the winners of wars that only summaries name: the imported ones, and those that were imported before the history
-- rows of this import.
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
