-- The ids of this kind that Torn does not know, in the order of their numbers.
SELECT entity_id, misses, first_miss, last_miss
FROM missing_entities
WHERE kind = :kind
ORDER BY entity_id
