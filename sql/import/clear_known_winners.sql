-- Removes the winner from the summaries of wars of this import that an imported summary of an earlier month names as decided.
-- The war would count twice. The summaries tell other scores than the earlier one, so they stay: delete_known_wars.sql.
-- The + keeps SQLite from reading all summaries for each one, through the index on period_type.
UPDATE main.war_summary AS later
SET winner_faction_id = NULL
WHERE (war_type, war_id) IN (SELECT war_type, war_id FROM temp.wars_of_import)
  AND +period_type = 'monthly' AND winner_faction_id IS NOT NULL
  AND EXISTS (
      SELECT 1 FROM temp.decided_wars AS earlier
      WHERE earlier.war_type = later.war_type AND earlier.war_id = later.war_id
        AND earlier.period_start < later.period_start)
