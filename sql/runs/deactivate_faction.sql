-- A faction that was missed often enough.
UPDATE factions SET is_active = 0
WHERE faction_id = :entity_id
  AND EXISTS (SELECT 1 FROM missing_entities WHERE kind = 'faction' AND entity_id = :entity_id AND misses >= :enough)
