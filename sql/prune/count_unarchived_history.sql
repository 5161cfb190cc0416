-- Counts the history rows of a step that the attached archive does not have with the same values.
--
-- The step is deleted only if this is 0.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables. It finds the
-- list of columns only on one line.
--
-- :from, :until   unix seconds; half-open interval within one month
-- :last_id        highest id when the month was summarized; rows with a higher id are not in the summary
-- :entities       JSON list of the entities of the step (see list_step_entities.sql)
-- :kept           JSON list of the ids that are kept (see list_kept_players.sql)
-- :known          JSON list of the ids that the archive has under another id (see list_known_history.sql)
SELECT count(*) AS rows
FROM main.player_stats_history AS here INDEXED BY idx_player_stats_player_time
WHERE player_id IN (SELECT value FROM json_each(:entities))
  AND timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept)) AND id NOT IN (SELECT value FROM json_each(:known))
  AND (
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
  ) IS NOT (
    SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
    FROM archive.player_stats_history AS there
    WHERE there.id = here.id
  )
