-- Copies detail to the attached archive, under the same ids; what is there already is left as it is.
-- The rows that stay here are not copied: no row is in both.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see wars_kept.sql)
INSERT OR IGNORE INTO archive.war_status_history (
    id, war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score,
    defending_score, required_score, status, end_reason, winner_faction_id, started_at, ends_at,
    recorded_at, data_source
)
SELECT
    id, war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score,
    defending_score, required_score, status, end_reason, winner_faction_id, started_at, ends_at,
    recorded_at, data_source
FROM main.war_status_history INDEXED BY idx_war_status_timestamp
WHERE recorded_at >= :from AND recorded_at < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
ORDER BY id
