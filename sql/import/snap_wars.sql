-- Gives each row of a war without seconds the exact time of the stored row that has the same values and was recorded in that minute,
-- or on that day. The second row with these values gets the time of the second stored one, and so on.
-- Rows that no stored row has keep the start of the minute or the day.
-- A value that the file does not know says nothing. The start and the end of the war have no seconds either.
UPDATE temp.imported_war_status_history AS found
SET (recorded_at, started_at, ends_at) = (
    SELECT coalesce(stored.recorded_at, found.recorded_at),
           iif(stored.id IS NULL, found.started_at, stored.started_at),
           iif(stored.id IS NULL, found.ends_at, stored.ends_at)
    FROM (SELECT 1) AS one
    LEFT JOIN (
        SELECT stored.*, row_number() OVER (ORDER BY stored.recorded_at, stored.id) AS occurrence
        FROM main.war_status_history AS stored
        WHERE stored.war_type = found.war_type AND stored.war_id = found.war_id
          AND stored.recorded_at >= found.recorded_at AND stored.recorded_at < found.recorded_at + found.within
          AND stored.territory_id IS coalesce(found.territory_id, stored.territory_id)
          AND stored.attacking_faction_id IS coalesce(found.attacking_faction_id, stored.attacking_faction_id)
          AND stored.defending_faction_id IS coalesce(found.defending_faction_id, stored.defending_faction_id)
          AND stored.attacking_score IS coalesce(found.attacking_score, stored.attacking_score)
          AND stored.defending_score IS coalesce(found.defending_score, stored.defending_score)
          AND stored.required_score IS coalesce(found.required_score, stored.required_score)
          AND stored.status IS coalesce(found.status, stored.status)
          AND stored.end_reason IS coalesce(found.end_reason, stored.end_reason)
          AND stored.winner_faction_id IS coalesce(found.winner_faction_id, stored.winner_faction_id)
          AND (found.started_at IS NULL OR stored.started_at >= found.started_at AND stored.started_at < found.started_at + found.within)
          AND (found.ends_at IS NULL OR stored.ends_at >= found.ends_at AND stored.ends_at < found.ends_at + found.within)
    ) AS stored ON stored.occurrence = found.occurrence
)
WHERE within > 0
