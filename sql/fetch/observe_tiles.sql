-- Torn told something about these tiles in this month.
INSERT INTO territory_observations (territory_id, period_start, first_at, last_at, polls)
SELECT value ->> 'id', unixepoch(:at, 'unixepoch', 'start of month'), :at, :at, 1
FROM json_each(:tiles)
WHERE true
ON CONFLICT (territory_id, period_start) DO UPDATE
SET first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at), polls = polls + 1
