-- A player of whom an answer tells something, but not the profile: a row with a placeholder.
INSERT INTO players (player_id, name, created_at, last_updated)
VALUES (:player_id, 'Player ' || :player_id, :at, :at)
ON CONFLICT (player_id) DO UPDATE SET last_updated = max(last_updated, excluded.last_updated)
