-- Stores the highest id that an empty table has ever used, so that no id is used twice.
-- raise_sequence.sql does this for tables that sqlite_sequence lists. SQLite lists a table only after its first insert.
--
-- :seq   highest id that was used
INSERT INTO sqlite_sequence (name, seq)
SELECT name, :seq
FROM sqlite_schema
WHERE type = 'table' AND name = :name
