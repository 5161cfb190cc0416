-- Copies the history rows of a step to the attached archive, under the same ids.
--
-- Rows that the archive has already are left alone. Rows that are kept here are not copied, so that no row is in both
-- files.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables. It finds the
-- list of columns only on one line.
--
-- :from, :until   unix seconds; half-open interval within one month
-- :last_id        highest id when the month was summarized; rows with a higher id are not in the summary
-- :entities       JSON list of the entities of the step (see list_step_entities.sql)
-- :kept           JSON list of the ids that are kept (see list_kept_players.sql)
-- :known          JSON list of the ids that the archive has under another id (see list_known_history.sql)
INSERT OR IGNORE INTO archive.player_stats_history (
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
)
SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
FROM main.player_stats_history INDEXED BY idx_player_stats_player_time
WHERE player_id IN (SELECT value FROM json_each(:entities))
  AND timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept)) AND id NOT IN (SELECT value FROM json_each(:known))
ORDER BY id
