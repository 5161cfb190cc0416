-- Completes stored rows of wars by what the imported rows tell of the time before them: the required score, the order of the
-- sides, and facts that are not known in the row itself.
UPDATE main.war_status_history AS stored
SET territory_id = carried.territory_id,
    attacking_faction_id = carried.attacking_faction_id,
    defending_faction_id = carried.defending_faction_id,
    attacking_score = carried.attacking_score,
    defending_score = carried.defending_score,
    required_score = carried.required_score,
    status = carried.status,
    end_reason = carried.end_reason,
    winner_faction_id = carried.winner_faction_id,
    started_at = carried.started_at,
    ends_at = carried.ends_at
FROM temp.carried AS carried
WHERE stored.id = carried.id
