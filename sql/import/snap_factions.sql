-- Gives each row of a faction without seconds the exact time of the stored row that has the same values and was recorded in that
-- minute, or on that day. The second row with these values gets the time of the second stored one, and so on.
-- Rows that no stored row has keep the start of the minute or the day.
-- A value that the file does not know says nothing.
UPDATE temp.imported_faction_history AS found
SET timestamp = coalesce((
    SELECT at FROM (
        SELECT stored.timestamp AS at, row_number() OVER (ORDER BY stored.timestamp, stored.id) AS occurrence
        FROM main.faction_history AS stored
        WHERE stored.faction_id = found.faction_id
          AND stored.timestamp >= found.timestamp AND stored.timestamp < found.timestamp + found.within
          AND stored.respect IS coalesce(found.respect, stored.respect)
          AND stored.member_count IS coalesce(found.member_count, stored.member_count)
          AND stored.best_chain IS coalesce(found.best_chain, stored.best_chain)
    ) AS candidate
    WHERE candidate.occurrence = found.occurrence
), timestamp)
WHERE within > 0
