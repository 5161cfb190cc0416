-- Appends a history row of a war.
--
-- :war_id … :ends_at   as in the table war_status_history
-- :at                  unix seconds; when Torn answered
-- :data_source         name of the key
INSERT INTO war_status_history (
    war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score,
    required_score, status, end_reason, winner_faction_id, started_at, ends_at, recorded_at, data_source
)
VALUES (
    :war_id, :war_type, :territory_id, :attacking_faction_id, :defending_faction_id, :attacking_score, :defending_score,
    :required_score, :status, :end_reason, :winner_faction_id, :started_at, :ends_at, :at, :data_source
)
