-- Merges the imported observations with the stored ones.
-- polls becomes the larger number. The sum would grow with each repetition of the same import.
-- Written for players. src/store/import/kind.rs replaces the names for factions and territories.
INSERT INTO main.player_observations (player_id, period_start, first_at, last_at, polls)
SELECT player_id, period_start, min(first_at), max(last_at), max(polls)
FROM temp.imported_player_observations
GROUP BY player_id, period_start
ON CONFLICT (player_id, period_start) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last_at = max(last_at, excluded.last_at),
    polls = max(polls, excluded.polls)
