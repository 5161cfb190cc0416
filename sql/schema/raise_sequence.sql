-- Sees to it that a table gives no id for a second time.
-- :name is the table, :seq the highest id that it has given.
UPDATE sqlite_sequence
SET seq = max(seq, :seq)
WHERE name = :name
