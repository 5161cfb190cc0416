-- Stores the highest id that a table has ever used, so that no id is used twice.
-- SQLite forgets it when a migration drops the table to rebuild it.
--
-- :seq   highest id that was used
UPDATE sqlite_sequence
SET seq = max(seq, :seq)
WHERE name = :name
