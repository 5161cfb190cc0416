-- Returns the first table in which SQLite finds damage.
SELECT s.name
FROM sqlite_schema AS s
JOIN pragma_quick_check(s.name) AS found
WHERE s.type = 'table' AND found.quick_check <> 'ok'
ORDER BY s.rootpage
LIMIT 1
