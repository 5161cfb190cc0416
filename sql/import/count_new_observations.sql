-- Counts the imported observations that tell something new.
-- Written for players. src/store/import/kind.rs replaces the names for factions and territories.
SELECT count(*)
FROM temp.imported_player_observations AS imported
LEFT JOIN main.player_observations AS stored
    ON stored.player_id = imported.player_id AND stored.period_start = imported.period_start
WHERE stored.player_id IS NULL
   OR imported.first_at < stored.first_at OR imported.last_at > stored.last_at OR imported.polls > stored.polls
