-- Lists everything that can be exported: tables first, then views, by name.
SELECT
    s.name AS dataset,
    s.type = 'view' AS is_view,
    s.sql AS definition
FROM sqlite_schema AS s
WHERE s.type IN ('table', 'view')
  AND substr(s.name, 1, 7) <> 'sqlite_'
ORDER BY s.type, s.name
