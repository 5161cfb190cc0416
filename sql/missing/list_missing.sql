-- Lists the ids of one kind that Torn does not know.
--
-- :kind   'player', 'faction' or 'tile'
SELECT entity_id, misses, first_miss, last_miss
FROM missing_entities
WHERE kind = :kind
ORDER BY entity_id
