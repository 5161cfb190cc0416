-- Sets the durations of stored summaries of wars in months that are pruned here, if an imported summary of more rows tells a shorter
-- one. join_wars.sql keeps the longer one, so the result would depend on the order of the imports.
-- The + keeps SQLite from reading all summaries of the month for each one, through the index on period_type.
UPDATE main.war_summary AS stored
SET duration_seconds = own.duration
FROM temp.wars_of_import AS war
CROSS JOIN main.imported_wars AS known ON known.war_type = war.war_type AND known.war_id = war.war_id
JOIN temp.own_rows AS own ON own.entity = war.war_type || ' ' || war.war_id AND own.period_start = known.period_start
WHERE stored.war_type = known.war_type AND stored.war_id = known.war_id
  AND stored.period_start = known.period_start AND +stored.period_type = 'monthly'
  AND known.period_start IN (SELECT period_start FROM temp.pruned_months)
  AND known.winner_faction_id IS NULL AND stored.winner_faction_id IS NULL
  AND known.record_count IS NOT NULL
  AND own.score = coalesce(known.final_attacking_score, 0) + coalesce(known.final_defending_score, 0)
  AND own.score = coalesce(stored.final_attacking_score, 0) + coalesce(stored.final_defending_score, 0)
  AND own.duration < stored.duration_seconds
RETURNING war_type || ' ' || war_id AS entity, period_start
