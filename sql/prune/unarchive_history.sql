-- Deletes the copies of a step from the attached archive whose originals are still in the database with the same
-- values.
-- Written for player_stats_history; src/store/history.rs puts in the names of the other history tables.
--
-- :from, :until   unix seconds; half-open interval within one month
-- :last_id        highest id that was copied
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
