-- Counts a roster as an answer about each member, in the month of the answer.
--
-- :members   JSON list of objects with id, name, level, state and description
-- :at        unix seconds; when Torn answered
INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls)
SELECT value ->> 'id', unixepoch(:at, 'unixepoch', 'start of month'), :at, :at, 1
FROM json_each(:members)
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (player_id, period_start) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last_at = max(last_at, excluded.last_at),
    polls = polls + 1
