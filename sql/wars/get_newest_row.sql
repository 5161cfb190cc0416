-- Returns the newest history row of a war up to a time, or no row.
-- Later rows were recorded while the clock was ahead.
--
-- :war_type   'ranked' or 'territory'
-- :war_id     unique only together with the type
-- :at         unix seconds
SELECT
    war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, attacking_score, defending_score,
    required_score, status, end_reason, winner_faction_id, started_at, ends_at
FROM war_status_history
WHERE war_type = :war_type AND war_id = :war_id AND recorded_at <= :at
ORDER BY recorded_at DESC, id DESC
LIMIT 1
