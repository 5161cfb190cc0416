-- Records all views, indexes and triggers as created by tornsnap.
-- It runs during a migration, while those of the user are dropped.
INSERT INTO program_objects (type, name)
SELECT type, name
FROM sqlite_schema
WHERE type IN ('view', 'index', 'trigger')
  AND sql IS NOT NULL                             -- NULL: the index of a PRIMARY KEY or UNIQUE constraint
