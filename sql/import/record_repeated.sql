-- Records that an import has left out a row of an entity, because it repeats known values, or how many rows of a war. The larger number
-- stays, because the same file may be imported again, and other files have the same row.
--
-- :history, :entity, :at, :rows, :row, :has_row   as in the table repeated_rows
INSERT INTO main.repeated_rows AS known (history, entity, at, rows, row, has_row)
VALUES (:history, CAST(:entity AS TEXT), :at, :rows, :row, :has_row)
ON CONFLICT (history, entity, at, row) DO UPDATE SET
    rows = max(known.rows, excluded.rows),
    has_row = max(known.has_row, excluded.has_row)
WHERE excluded.rows > known.rows OR excluded.has_row > known.has_row
