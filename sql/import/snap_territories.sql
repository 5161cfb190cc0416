-- Gives each row of a tile without seconds the exact time of the stored row that has the same values and was recorded in that
-- minute, or on that day. The second row with these values gets the time of the second stored one, and so on.
-- Rows that no stored row has keep the start of the minute or the day.
-- A value that the file does not know says nothing.
-- The + keeps SQLite from reading all rows of a day for each tile without an owner, through the index on faction_id.
UPDATE temp.imported_territory_ownership_history AS found
SET recorded_at = coalesce((
    SELECT at FROM (
        SELECT stored.recorded_at AS at, row_number() OVER (ORDER BY stored.recorded_at, stored.id) AS occurrence
        FROM main.territory_ownership_history AS stored
        WHERE stored.territory_id = found.territory_id
          AND stored.recorded_at >= found.recorded_at AND stored.recorded_at < found.recorded_at + found.within
          AND +stored.faction_id IS found.faction_id
          AND stored.racket_type IS found.racket_type
          AND stored.racket_level IS coalesce(found.racket_level, stored.racket_level)
          AND stored.war_status IS coalesce(found.war_status, stored.war_status)
    ) AS candidate
    WHERE candidate.occurrence = found.occurrence
), recorded_at)
WHERE within > 0
