-- Counts the imported observations of factions that tell something new.
SELECT count(*)
FROM temp.imported_faction_observations AS imported
LEFT JOIN main.faction_observations AS stored
    ON stored.faction_id = imported.faction_id AND stored.period_start = imported.period_start
WHERE stored.faction_id IS NULL
   OR imported.first_at < stored.first_at OR imported.last_at > stored.last_at OR imported.polls > stored.polls
