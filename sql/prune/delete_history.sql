-- Deletes the history rows of a step.
--
-- Rows that are kept, and rows that were added after their month was summarized, are left alone.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
--
-- :from, :until   unix seconds; half-open interval within one month
-- :last_id        highest id when the month was summarized; rows with a higher id are not in the summary
-- :entities       JSON list of the entities of the step (see list_step_entities.sql)
-- :kept           JSON list of the ids that are kept (see list_kept_players.sql)
DELETE FROM player_stats_history INDEXED BY idx_player_stats_player_time
WHERE player_id IN (SELECT value FROM json_each(:entities))
  AND timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
