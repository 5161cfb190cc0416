-- Lists the views, indexes and triggers that the user created, oldest first.
SELECT s.type, s.name, s.sql AS definition
FROM sqlite_schema AS s
WHERE s.type IN ('view', 'index', 'trigger')
  AND s.sql IS NOT NULL                           -- NULL: the index of a PRIMARY KEY or UNIQUE constraint
  AND NOT EXISTS (SELECT 1 FROM program_objects AS p WHERE p.type = s.type AND p.name = s.name)
ORDER BY s.rowid
