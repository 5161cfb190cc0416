-- Torn knows no such id, once more.
INSERT INTO missing_entities (kind, entity_id, misses, last_miss)
VALUES (:kind, :entity_id, 1, :last_miss)
ON CONFLICT (kind, entity_id) DO UPDATE SET misses = misses + 1, last_miss = excluded.last_miss
