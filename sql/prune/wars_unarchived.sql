-- How many rows are not in the attached archive, value for value: none may be deleted before this is 0.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see wars_kept.sql)
SELECT count(*) AS rows
FROM main.war_status_history AS here INDEXED BY idx_war_status_timestamp
WHERE recorded_at >= :from AND recorded_at < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
  AND NOT EXISTS (
      SELECT 1 FROM archive.war_status_history AS there
      WHERE there.id = here.id
        AND (
            there.war_id, there.war_type, there.territory_id, there.attacking_faction_id,
            there.defending_faction_id, there.attacking_score, there.defending_score, there.required_score,
            there.status, there.end_reason, there.winner_faction_id, there.started_at, there.ends_at,
            there.recorded_at, there.data_source
        ) IS (
            here.war_id, here.war_type, here.territory_id, here.attacking_faction_id,
            here.defending_faction_id, here.attacking_score, here.defending_score, here.required_score,
            here.status, here.end_reason, here.winner_faction_id, here.started_at, here.ends_at,
            here.recorded_at, here.data_source
        )
  )
