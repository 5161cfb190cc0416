-- Deletes the misses of an id that Torn knows again.
--
-- :kind   'player', 'faction' or 'tile'
DELETE FROM missing_entities WHERE kind = :kind AND entity_id = :entity_id
