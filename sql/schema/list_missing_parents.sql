-- Lists foreign keys that refer to a table that does not exist.
-- PRAGMA foreign_key_check does not report them for a table without rows.
SELECT s.name AS child, f."table" AS parent
FROM sqlite_schema AS s
JOIN pragma_foreign_key_list(s.name) AS f
WHERE s.type = 'table'
  AND NOT EXISTS (
      SELECT 1 FROM sqlite_schema AS p
      WHERE p.type = 'table' AND p.name = f."table" COLLATE NOCASE
  )
ORDER BY s.name
