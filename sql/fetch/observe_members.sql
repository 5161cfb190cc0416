-- A roster tells something about each of its members.
INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls)
SELECT value ->> 'id', unixepoch(:at, 'unixepoch', 'start of month'), :at, :at, 1
FROM json_each(:members)
WHERE true
ON CONFLICT (player_id, period_start) DO UPDATE
SET first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at), polls = polls + 1
