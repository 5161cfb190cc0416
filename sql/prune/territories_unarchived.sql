-- How many rows are not in the attached archive, value for value: none may be deleted before this is 0.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see territories_kept.sql)
SELECT count(*) AS rows
FROM main.territory_ownership_history AS here INDEXED BY idx_territory_ownership_timestamp
WHERE recorded_at >= :from AND recorded_at < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
  AND NOT EXISTS (
      SELECT 1 FROM archive.territory_ownership_history AS there
      WHERE there.id = here.id
        AND (
            there.territory_id, there.faction_id, there.sector, there.coordinate_x, there.coordinate_y,
            there.racket_level, there.racket_type, there.war_status, there.recorded_at, there.data_source
        ) IS (
            here.territory_id, here.faction_id, here.sector, here.coordinate_x, here.coordinate_y,
            here.racket_level, here.racket_type, here.war_status, here.recorded_at, here.data_source
        )
  )
