-- Merges the imported observations of tiles with the stored ones.
-- polls becomes the larger number. The sum would grow with each repetition of the same import.
INSERT INTO main.territory_observations (territory_id, period_start, first_at, last_at, polls)
SELECT territory_id, period_start, min(first_at), max(last_at), max(polls)
FROM temp.imported_territory_observations
GROUP BY territory_id, period_start
ON CONFLICT (territory_id, period_start) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last_at = max(last_at, excluded.last_at),
    polls = max(polls, excluded.polls)
