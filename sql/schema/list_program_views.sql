-- Lists the views that tornsnap created, newest first.
-- They are dropped in this order, because a view may select from an older one.
SELECT s.name
FROM sqlite_schema AS s
JOIN program_objects AS p ON p.type = s.type AND p.name = s.name
WHERE s.type = 'view'
ORDER BY s.rowid DESC
