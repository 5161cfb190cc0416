-- Gives each row of a player without seconds the exact time of the stored row that has the same values and was recorded in that
-- minute, or on that day. The second row with these values gets the time of the second stored one, and so on.
-- Rows that no stored row has keep the start of the minute or the day.
-- A value that the file does not know says nothing.
UPDATE temp.imported_player_stats_history AS found
SET timestamp = coalesce((
    SELECT at FROM (
        SELECT stored.timestamp AS at, row_number() OVER (ORDER BY stored.timestamp, stored.id) AS occurrence
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
    ) AS candidate
    WHERE candidate.occurrence = found.occurrence
), timestamp)
WHERE within > 0
