-- Adds what the source has recorded of a row that its own import left out or removed. A damaged file may have two records of it.
--
-- :history, :entity, :at, :rows   as in the table repeated_rows
INSERT INTO temp.left_out (history, entity, at, rows) VALUES (:history, :entity, :at, :rows)
ON CONFLICT DO UPDATE SET rows = max(rows, excluded.rows)
