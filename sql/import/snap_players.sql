-- Gives each row of a player of a file without seconds the exact time of the stored row that has the same values and was recorded
-- in that minute, or on that day. Its other rows keep the start of the minute or the day.
-- A value that the file does not know says nothing.
UPDATE temp.imported_player_stats_history AS found
SET timestamp = coalesce((
    SELECT min(stored.timestamp)
    FROM main.player_stats_history AS stored
    WHERE stored.player_id = found.player_id
      AND stored.timestamp >= found.timestamp AND stored.timestamp < found.timestamp + found.within
      AND stored.strength IS coalesce(found.strength, stored.strength)
      AND stored.defense IS coalesce(found.defense, stored.defense)
      AND stored.speed IS coalesce(found.speed, stored.speed)
      AND stored.dexterity IS coalesce(found.dexterity, stored.dexterity)
      AND stored.total_stats IS coalesce(found.total_stats, stored.total_stats)
      AND stored.level IS coalesce(found.level, stored.level)
      AND stored.life_maximum IS coalesce(found.life_maximum, stored.life_maximum)
      AND stored.networth IS coalesce(found.networth, stored.networth)
), timestamp)
WHERE within > 0
