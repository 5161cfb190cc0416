-- Records an answer about a player, if the answer has no profile.
-- A new player gets a placeholder for the name.
--
-- :at   unix seconds; when Torn answered
INSERT INTO players (player_id, name, created_at, last_updated)
VALUES (:player_id, 'Player ' || :player_id, :at, :at)
ON CONFLICT (player_id) DO UPDATE SET last_updated = max(last_updated, excluded.last_updated)
