-- Lists the highest id that each table with AUTOINCREMENT has ever used.
SELECT name, seq
FROM sqlite_sequence
