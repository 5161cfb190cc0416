-- How many rows are not in the attached archive, value for value: none may be deleted before this is 0.
--
-- :from, :until   unix seconds, half-open
-- :last_id        rows that came after the plan was made are not in it
-- :kept           JSON list of the ids that stay (see players_kept.sql)
SELECT count(*) AS rows
FROM main.player_stats_history AS here INDEXED BY idx_player_stats_timestamp
WHERE timestamp >= :from AND timestamp < :until AND id <= :last_id
  AND id NOT IN (SELECT value FROM json_each(:kept))
  AND NOT EXISTS (
      SELECT 1 FROM archive.player_stats_history AS there
      WHERE there.id = here.id
        AND (
            there.player_id, there.timestamp, there.strength, there.defense, there.speed, there.dexterity,
            there.total_stats, there.level, there.life_maximum, there.networth, there.data_source
        ) IS (
            here.player_id, here.timestamp, here.strength, here.defense, here.speed, here.dexterity,
            here.total_stats, here.level, here.life_maximum, here.networth, here.data_source
        )
  )
