-- A history row, if a value that is known now differs from the newest row, if there is none, or if each poll counts.
INSERT INTO player_stats_history (player_id, timestamp, strength, defense, speed, dexterity, total_stats,
                                  level, life_maximum, networth, data_source)
SELECT :player_id, :now, :strength, :defense, :speed, :dexterity, :total_stats,
       :level, :life_maximum, :networth, :data_source
WHERE :every_poll
   OR coalesce((SELECT (:strength     IS NOT NULL AND strength     IS NOT :strength)
                    OR (:defense      IS NOT NULL AND defense      IS NOT :defense)
                    OR (:speed        IS NOT NULL AND speed        IS NOT :speed)
                    OR (:dexterity    IS NOT NULL AND dexterity    IS NOT :dexterity)
                    OR (:total_stats  IS NOT NULL AND total_stats  IS NOT :total_stats)
                    OR (:level        IS NOT NULL AND level        IS NOT :level)
                    OR (:life_maximum IS NOT NULL AND life_maximum IS NOT :life_maximum)
                    OR (:networth     IS NOT NULL AND networth     IS NOT :networth)
                FROM player_stats_history
                WHERE player_id = :player_id
                ORDER BY timestamp DESC, id DESC
                LIMIT 1), 1)
