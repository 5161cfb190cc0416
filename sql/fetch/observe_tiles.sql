-- Counts an answer about tiles, for each tile in the month of the answer.
--
-- :tiles   JSON list of objects with id, owner, racket_known, racket_type, racket_level and war
-- :at      unix seconds; when Torn answered
INSERT INTO territory_observations (territory_id, period_start, first_at, last_at, polls)
SELECT value ->> 'id', unixepoch(:at, 'unixepoch', 'start of month'), :at, :at, 1
FROM json_each(:tiles)
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (territory_id, period_start) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last_at = max(last_at, excluded.last_at),
    polls = polls + 1
