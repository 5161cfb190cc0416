-- Remembers the former values of a row that complete_winners.sql has changed, for the lake. They are not counted.
--
-- :id   id of the row
INSERT INTO main.repeated_rows (history, entity, at, rows, row)
SELECT
    'war_status_history', war_type || ' ' || war_id, recorded_at, 0,
    json_array(
        war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score,
        required_score, status, end_reason, NULL, started_at, ends_at, recorded_at, data_source)
FROM main.war_status_history
WHERE id = :id
ON CONFLICT DO NOTHING
