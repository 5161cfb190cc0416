-- Joins the durations that the history rows here tell of the wars of this import with those of imported summaries of the same
-- scores. Of a summary of no more rows than are known here, each row is known, and the duration is that of the rows here.
-- A summary of more rows may count a change after the last row here. Of several, the one of the most rows counts.
UPDATE temp.own_rows AS own
SET duration = known.most_rows_duration
FROM temp.wars_of_import AS war
CROSS JOIN main.imported_wars AS known ON known.war_type = war.war_type AND known.war_id = war.war_id
WHERE own.entity = war.war_type || ' ' || war.war_id AND own.period_start = known.period_start
  AND own.score = coalesce(known.final_attacking_score, 0) + coalesce(known.final_defending_score, 0)
  AND known.most_rows > own.known AND known.most_rows_duration > own.duration
