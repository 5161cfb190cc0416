-- Returns the misses of one id that Torn does not know.
--
-- :kind   'player', 'faction' or 'tile'
SELECT entity_id, misses, first_miss, last_miss
FROM missing_entities
WHERE kind = :kind AND entity_id = :entity_id
