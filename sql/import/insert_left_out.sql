-- Adds what the source has recorded of a row that its own import left out or removed. A damaged file may have two records of it.
--
-- :history, :entity, :at, :rows, :has_row   as in the table repeated_rows
INSERT INTO temp.left_out (history, entity, at, rows, has_row) VALUES (:history, :entity, :at, :rows, :has_row)
ON CONFLICT DO UPDATE SET rows = max(rows, excluded.rows), has_row = max(has_row, excluded.has_row)
