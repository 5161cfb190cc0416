-- Appends a history row of a player if a value differs from its last known one.
--
-- A value that is NULL in this answer is unknown, so it is not a change.
-- Each value is compared in its own index look-up, because the last known values can be in different rows.
--
-- :at                         unix seconds; when Torn answered
-- :strength … :life_maximum   NULL: unknown
-- :networth                   dollars; NULL: unknown
-- :data_source                name of the key
-- :every_poll                 1: append a row at each poll, changed or not
INSERT INTO player_stats_history (player_id, timestamp, strength, defense, speed, dexterity, total_stats,
                                  level, life_maximum, networth, data_source)
SELECT :player_id, :at, :strength, :defense, :speed, :dexterity, :total_stats,
       :level, :life_maximum, :networth, :data_source
WHERE :every_poll
   OR (:level IS NOT NULL
       AND :level IS NOT (SELECT level FROM player_stats_history
                          WHERE player_id = :player_id AND timestamp <= :at AND level IS NOT NULL
                          ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:life_maximum IS NOT NULL
       AND :life_maximum IS NOT (SELECT life_maximum FROM player_stats_history
                                 WHERE player_id = :player_id AND timestamp <= :at AND life_maximum IS NOT NULL
                                 ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:networth IS NOT NULL
       AND :networth IS NOT (SELECT networth FROM player_stats_history
                             WHERE player_id = :player_id AND timestamp <= :at AND networth IS NOT NULL
                             ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:strength IS NOT NULL
       AND :strength IS NOT (SELECT strength FROM player_stats_history
                             WHERE player_id = :player_id AND timestamp <= :at AND strength IS NOT NULL
                               AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL -- uses the index
                             ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:defense IS NOT NULL
       AND :defense IS NOT (SELECT defense FROM player_stats_history
                            WHERE player_id = :player_id AND timestamp <= :at AND defense IS NOT NULL
                              AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL -- uses the index
                            ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:speed IS NOT NULL
       AND :speed IS NOT (SELECT speed FROM player_stats_history
                          WHERE player_id = :player_id AND timestamp <= :at AND speed IS NOT NULL
                            AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL -- uses the index
                          ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:dexterity IS NOT NULL
       AND :dexterity IS NOT (SELECT dexterity FROM player_stats_history
                              WHERE player_id = :player_id AND timestamp <= :at AND dexterity IS NOT NULL
                                AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL -- uses the index
                              ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:total_stats IS NOT NULL
       AND :total_stats IS NOT (SELECT total_stats FROM player_stats_history
                                WHERE player_id = :player_id AND timestamp <= :at AND total_stats IS NOT NULL
                                  AND coalesce(strength, defense, speed, dexterity, total_stats) IS NOT NULL -- uses the index
                                ORDER BY timestamp DESC, id DESC LIMIT 1))
