-- As raise_sequence, for a table without any row.
-- :name is the table, :seq the highest id that it has given.
INSERT INTO sqlite_sequence (name, seq)
SELECT name, :seq
FROM sqlite_schema
WHERE type = 'table'
  AND name = :name
