-- A player who was missed often enough.
UPDATE players SET is_active = 0
WHERE player_id = :entity_id
  AND EXISTS (SELECT 1 FROM missing_entities WHERE kind = 'player' AND entity_id = :entity_id AND misses >= :enough)
