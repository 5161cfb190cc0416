-- Notes all views, indexes and triggers as made by tornsnap. It runs while those of the user are not there.
INSERT INTO program_objects (type, name)
SELECT type, name
FROM sqlite_schema
WHERE type IN ('view', 'index', 'trigger')
  AND sql IS NOT NULL
