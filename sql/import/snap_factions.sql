-- Gives each row of a faction of a file without seconds the exact time of the stored row that has the same values and was recorded
-- in that minute, or on that day. Its other rows keep the start of the minute or the day.
-- A value that the file does not know says nothing.
UPDATE temp.imported_faction_history AS found
SET timestamp = coalesce((
    SELECT min(stored.timestamp)
    FROM main.faction_history AS stored
    WHERE stored.faction_id = found.faction_id
      AND stored.timestamp >= found.timestamp AND stored.timestamp < found.timestamp + found.within
      AND stored.respect IS coalesce(found.respect, stored.respect)
      AND stored.member_count IS coalesce(found.member_count, stored.member_count)
      AND stored.best_chain IS coalesce(found.best_chain, stored.best_chain)
), timestamp)
WHERE within > 0
