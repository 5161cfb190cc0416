-- Copies detail to the attached archive, under the same ids; what is there already is left as it is.
-- The rows that stay here are not copied: no row is in both.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see territories_kept.sql)
INSERT OR IGNORE INTO archive.territory_ownership_history (
    id, territory_id, faction_id, sector, coordinate_x, coordinate_y, racket_level, racket_type,
    war_status, recorded_at, data_source
)
SELECT
    id, territory_id, faction_id, sector, coordinate_x, coordinate_y, racket_level, racket_type,
    war_status, recorded_at, data_source
FROM main.territory_ownership_history INDEXED BY idx_territory_ownership_timestamp
WHERE recorded_at >= :from AND recorded_at < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
ORDER BY id
