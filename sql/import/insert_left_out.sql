-- Adds what the source has recorded of a row that its own import left out or removed. A damaged file may have two records of it.
--
-- :row: only of a war. The others are in the temporary tables of their histories.
--
-- :history, :entity, :at, :rows, :row   as in the table repeated_rows
INSERT INTO temp.left_out (history, entity, at, rows, row) VALUES (:history, :entity, :at, :rows, :row)
ON CONFLICT DO UPDATE SET
    rows = max(rows, excluded.rows),
    row = min(coalesce(row, excluded.row), coalesce(excluded.row, row))
