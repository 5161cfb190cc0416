-- The newest known state of each war, and how it ended.
SELECT
    h.war_type,                                   -- 'ranked' or 'territory'; war_id is unique only together with it
    h.war_id,
    h.status,                                     -- 'scheduled', 'ongoing', 'completed' or 'cancelled'
    h.territory_id,                               -- NULL for ranked wars
    h.attacking_faction_id,                       -- ranked: the first that Torn lists
    attacking.name AS attacking_faction_name,
    h.defending_faction_id,
    defending.name AS defending_faction_name,
    h.attacking_score,
    h.defending_score,
    h.required_score,
    h.winner_faction_id,
    winner.name AS winner_faction_name,
    h.end_reason,                                 -- Torn's name of it
    h.started_at,
    h.ends_at,                                    -- NULL: not ended
    h.recorded_at                                 -- timestamp of the newest history row
FROM (
    SELECT *, row_number() OVER (PARTITION BY war_type, war_id ORDER BY place DESC) AS place_from_end
    FROM lake_war_changes
) AS h
LEFT JOIN lake_faction_names AS attacking ON attacking.faction_id = h.attacking_faction_id
LEFT JOIN lake_faction_names AS defending ON defending.faction_id = h.defending_faction_id
LEFT JOIN lake_faction_names AS winner ON winner.faction_id = h.winner_faction_id
WHERE h.place_from_end = 1
