-- Ids missed so often in a row that they are asked about only now and then.
SELECT entity_id FROM missing_entities
WHERE kind = :kind AND misses >= :enough AND last_miss > :recheck_before
