-- Views that tornsnap made, the last one first: a later view may select from an earlier one.
SELECT s.name
FROM sqlite_schema AS s
JOIN program_objects AS p ON p.type = s.type AND p.name = s.name
WHERE s.type = 'view'
ORDER BY s.rowid DESC
