-- Takes the copies of a step out of the attached archive again: those whose rows are still here, value for value.
-- Written for player_stats_history; src/store/history.rs puts the names of the other history tables in its place.
--
-- :from, :until, :last_id   the step, as archive_step notes it
DELETE FROM archive.player_stats_history AS there INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND (
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
  ) IS (
    SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
    FROM main.player_stats_history AS here
    WHERE here.id = there.id
  )
