-- Merges the imported observations of factions with the stored ones.
-- polls becomes the larger number. The sum would grow with each repetition of the same import.
INSERT INTO main.faction_observations (faction_id, period_start, first_at, last_at, polls)
SELECT faction_id, period_start, min(first_at), max(last_at), max(polls)
FROM temp.imported_faction_observations
GROUP BY faction_id, period_start
ON CONFLICT (faction_id, period_start) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last_at = max(last_at, excluded.last_at),
    polls = max(polls, excluded.polls)
