-- The highest id that each table with AUTOINCREMENT has given.
SELECT name, seq
FROM sqlite_sequence
