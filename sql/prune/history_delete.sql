-- Deletes the history rows of a step, except those that stay and those that came after their month was summarized.
-- Written for player_stats_history; src/store/history.rs puts the names of the other history tables in its place.
--
-- :from, :until   unix seconds, half-open, within one month
-- :last_id        highest id when that month was summarized
-- :kept           JSON list of the ids that stay (see players_kept.sql)
DELETE FROM player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
