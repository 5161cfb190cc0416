-- How often and since when Torn has not known this id.
SELECT entity_id, misses, first_miss, last_miss
FROM missing_entities
WHERE kind = :kind AND entity_id = :entity_id
