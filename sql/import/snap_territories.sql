-- Gives each row of a tile of a file without seconds the exact time of the stored row that has the same values and was recorded
-- in that minute, or on that day. Its other rows keep the start of the minute or the day.
-- A value that the file does not know says nothing.
UPDATE temp.imported_territory_ownership_history AS found
SET recorded_at = coalesce((
    SELECT min(stored.recorded_at)
    FROM main.territory_ownership_history AS stored
    WHERE stored.territory_id = found.territory_id
      AND stored.recorded_at >= found.recorded_at AND stored.recorded_at < found.recorded_at + found.within
      AND stored.faction_id IS found.faction_id
      AND stored.racket_type IS found.racket_type
      AND stored.racket_level IS coalesce(found.racket_level, stored.racket_level)
      AND stored.war_status IS coalesce(found.war_status, stored.war_status)
), recorded_at)
WHERE within > 0
