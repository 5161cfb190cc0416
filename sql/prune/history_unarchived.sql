-- How many history rows of a step are not in the attached archive, value for value. A step is deleted only if this is 0.
-- Written for player_stats_history; src/store/history.rs puts the names of the other history tables in its place.
--
-- :from, :until, :last_id, :kept   as in history_delete.sql
SELECT count(*) AS rows
FROM main.player_stats_history AS here INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
  AND (
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
  ) IS NOT (
    SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
    FROM archive.player_stats_history AS there
    WHERE there.id = here.id
  )
