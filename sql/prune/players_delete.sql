-- Deletes detail, but for the rows that stay.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see players_kept.sql)
DELETE FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
