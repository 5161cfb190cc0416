-- Views, indexes and triggers that the user made, in the order in which they were made.
-- An index without SQL belongs to a constraint of its table.
SELECT s.type, s.name, s.sql AS definition
FROM sqlite_schema AS s
WHERE s.type IN ('view', 'index', 'trigger')
  AND s.sql IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM program_objects AS p WHERE p.type = s.type AND p.name = s.name)
ORDER BY s.rowid
