-- Deletes the summaries of wars of this import that had ended in an earlier month: the newest history row, or a winner, says so.
-- A war without a winner had ended if the duration is the same as before, because the duration grows while a war runs. It is 0
-- before a war starts.
-- It may also run: then all rows that the summary counts must be among those that imports have left out or removed, because they
-- repeat known values. A file that was imported before its month was pruned here tells only such summaries.
-- They were imported, or their month is pruned here, and they tell the scores that were known before.
-- The other collector, or this one, learned of the end later. With all rows of both, its row would repeat the known one, so the
-- later month would have no summary of the war. A row with other scores would repeat none, so its summary stays.
-- A copy of this database that tells nothing new of a war deletes none of its summaries: they were decided before.
-- The + keeps SQLite from reading all earlier summaries for each one, through the index on period_type.
--
-- :is_our_copy   1: the file is a copy of this database, such as a backup
WITH
repeated AS MATERIALIZED (
    SELECT summary.id
    FROM temp.wars_of_import AS war
    CROSS JOIN main.war_summary AS summary ON summary.war_type = war.war_type AND summary.war_id = war.war_id
    JOIN main.imported_wars AS known ON known.war_type = summary.war_type AND known.war_id = summary.war_id
        AND known.period_start = summary.period_start
    WHERE +summary.period_type = 'monthly'
      AND (known.own_rows IS NULL OR summary.period_start NOT IN (SELECT period_start FROM temp.pruned_months))
      AND summary.record_count <= (
          SELECT sum(rows) FROM main.repeated_rows
          WHERE history = 'war_status_history' AND entity = summary.war_type || ' ' || summary.war_id
            AND at >= summary.period_start AND at < summary.period_end)
)
DELETE FROM main.war_summary AS later
WHERE period_type = 'monthly'
  AND (war_type, war_id) IN (SELECT war_type, war_id FROM temp.wars_of_import)
  AND (:is_our_copy = 0 OR war_type || ' ' || war_id IN (SELECT entity FROM temp.told_wars))
  AND (
      period_start IN (SELECT period_start FROM temp.pruned_months)
      OR (
          (war_type || ' ' || war_id, period_start) IN (
              SELECT entity, period_start FROM main.imported_summaries WHERE history = 'war_status_history')
          AND NOT EXISTS (
              SELECT 1 FROM main.war_status_history AS own
              WHERE own.war_type = later.war_type AND own.war_id = later.war_id
                AND own.recorded_at >= later.period_start AND own.recorded_at < later.period_end)
      )
  )
  AND (
      EXISTS (
          SELECT 1 FROM main.war_status_history AS final
          WHERE final.id = (
                  SELECT id FROM main.war_status_history AS newest
                  WHERE newest.war_type = later.war_type AND newest.war_id = later.war_id
                    AND newest.recorded_at < later.period_start
                  ORDER BY newest.recorded_at DESC, newest.id DESC LIMIT 1)
            AND (final.status IN ('completed', 'cancelled') OR later.id IN (SELECT id FROM repeated))
            AND (final.winner_faction_id IS NOT NULL OR later.winner_faction_id IS NULL)
            AND coalesce(later.final_attacking_score, final.attacking_score) IS final.attacking_score
            AND coalesce(later.final_defending_score, final.defending_score) IS final.defending_score)
      OR EXISTS (
          SELECT 1 FROM main.war_summary AS earlier
          WHERE earlier.id = (
                  SELECT id FROM main.war_summary AS newest
                  WHERE newest.war_type = later.war_type AND newest.war_id = later.war_id
                    AND +newest.period_type = 'monthly' AND newest.period_start < later.period_start
                  ORDER BY newest.period_start DESC LIMIT 1)
            AND coalesce(later.final_attacking_score, earlier.final_attacking_score) IS earlier.final_attacking_score
            AND coalesce(later.final_defending_score, earlier.final_defending_score) IS earlier.final_defending_score
            AND (
                later.winner_faction_id IS NULL
                    AND (later.duration_seconds > 0 AND later.duration_seconds = earlier.duration_seconds
                        OR later.id IN (SELECT id FROM repeated))
                OR EXISTS (
                    SELECT 1 FROM main.war_summary AS won
                    WHERE won.war_type = later.war_type AND won.war_id = later.war_id
                      AND +won.period_type = 'monthly' AND won.period_start < later.period_start
                      AND won.winner_faction_id IS NOT NULL)))
  )
RETURNING war_type || ' ' || war_id AS entity, period_start
