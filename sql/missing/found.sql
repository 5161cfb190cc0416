-- Torn knows this id.
DELETE FROM missing_entities WHERE kind = :kind AND entity_id = :entity_id
