-- Counts an answer about a player, in the month of the answer.
--
-- :at   unix seconds; when Torn answered
INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls)
VALUES (:player_id, unixepoch(:at, 'unixepoch', 'start of month'), :at, :at, 1)
ON CONFLICT (player_id, period_start) DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    last_at = max(last_at, excluded.last_at),
    polls = polls + 1
