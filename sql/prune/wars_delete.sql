-- Deletes detail, but for the rows that stay.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see wars_kept.sql)
DELETE FROM war_status_history INDEXED BY idx_war_status_timestamp
WHERE recorded_at >= :from AND recorded_at < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
