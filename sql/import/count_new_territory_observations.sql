-- Counts the imported observations of tiles that tell something new.
SELECT count(*)
FROM temp.imported_territory_observations AS imported
LEFT JOIN main.territory_observations AS stored
    ON stored.territory_id = imported.territory_id AND stored.period_start = imported.period_start
WHERE stored.territory_id IS NULL
   OR imported.first_at < stored.first_at OR imported.last_at > stored.last_at OR imported.polls > stored.polls
