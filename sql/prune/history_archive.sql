-- Copies the history rows of a step to the attached archive, under the same ids; what is there already is left as it is.
-- The rows that stay here are not copied: no row is in both files.
-- Written for player_stats_history; src/store/history.rs puts the names of the other history tables in its place.
--
-- :from, :until, :last_id, :kept   as in history_delete.sql
INSERT OR IGNORE INTO archive.player_stats_history (
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
)
SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
FROM main.player_stats_history INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
ORDER BY id
