-- Deletes the copies of a step from the attached archive, if their originals are still in the database.
--
-- A copy that differs from its original is left alone.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables. It finds the
-- list of columns only on one line.
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
