-- Lists the newest history row of each war that has not ended.
WITH newest AS (
    SELECT war_type, war_id, (
        SELECT id FROM war_status_history AS row
        WHERE row.war_type = war.war_type AND row.war_id = war.war_id
        ORDER BY recorded_at DESC, id DESC LIMIT 1
    ) AS id
    FROM (SELECT DISTINCT war_type, war_id FROM war_status_history) AS war
)
SELECT
    war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score,
    required_score, status, end_reason, winner_faction_id, started_at, ends_at
FROM war_status_history
WHERE id IN (SELECT id FROM newest) AND status IN ('scheduled', 'ongoing')
ORDER BY war_type, war_id
