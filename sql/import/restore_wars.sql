-- Writes what imported summaries tell of the wars of this import in months without history rows here. An import may have removed
-- the rows that the stored summary was joined with, or the summary with its last row.
-- A war was decided before if an imported summary of an earlier month names the winner.
--
-- :now         unix seconds
-- :every_poll  1: the history keeps rows that repeat the last known values, so each month that tells the end names the winner
INSERT INTO main.war_summary AS stored (
    war_id, war_type, territory_id, period_start, period_end, attacking_faction_id, defending_faction_id,
    final_attacking_score, final_defending_score, winner_faction_id, duration_seconds, record_count, created_at
)
SELECT
    known.war_id, known.war_type, territory_id, known.period_start,
    unixepoch(known.period_start, 'unixepoch', '+1 month'), attacking_faction_id, defending_faction_id,
    final_attacking_score, final_defending_score,
    iif(NOT :every_poll AND EXISTS (
            SELECT 1 FROM temp.decided_wars AS earlier
            WHERE earlier.war_type = known.war_type AND earlier.war_id = known.war_id
              AND earlier.period_start < known.period_start),
        NULL, winner_faction_id),
    duration_seconds, record_count, :now
FROM temp.wars_of_import AS war
CROSS JOIN main.imported_wars AS known ON known.war_type = war.war_type AND known.war_id = war.war_id
WHERE record_count IS NOT NULL
  AND known.period_start NOT IN (SELECT period_start FROM temp.pruned_months)
  AND NOT EXISTS (
      SELECT 1 FROM main.war_status_history AS own
      WHERE own.war_type = known.war_type AND own.war_id = known.war_id
        AND own.recorded_at >= known.period_start
        AND own.recorded_at < unixepoch(known.period_start, 'unixepoch', '+1 month'))
ON CONFLICT DO UPDATE SET
    territory_id = excluded.territory_id,
    attacking_faction_id = excluded.attacking_faction_id,
    defending_faction_id = excluded.defending_faction_id,
    final_attacking_score = excluded.final_attacking_score,
    final_defending_score = excluded.final_defending_score,
    winner_faction_id = excluded.winner_faction_id,
    duration_seconds = excluded.duration_seconds,
    record_count = excluded.record_count,
    created_at = excluded.created_at
WHERE (
    stored.territory_id, stored.attacking_faction_id, stored.defending_faction_id, stored.final_attacking_score,
    stored.final_defending_score, stored.winner_faction_id, stored.duration_seconds, stored.record_count
) IS NOT (
    excluded.territory_id, excluded.attacking_faction_id, excluded.defending_faction_id, excluded.final_attacking_score,
    excluded.final_defending_score, excluded.winner_faction_id, excluded.duration_seconds, excluded.record_count
)
RETURNING war_type || ' ' || war_id AS entity, period_start
