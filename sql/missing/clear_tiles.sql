-- Deletes the misses of tiles that Torn knows again.
--
-- :tiles   JSON list of objects with id
DELETE FROM missing_entities
WHERE kind = 'tile' AND entity_id IN (SELECT value ->> 'id' FROM json_each(:tiles))
