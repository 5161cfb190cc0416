-- Records that an import has left out a row of an entity, because it repeats known values, or later rows that repeat the row in
-- its own file. The larger number stays, because the same file may be imported again, and other files have the same row. Of the rows
-- of one second, one is remembered: the first text, in which numbers come before null.
--
-- :history, :entity, :at, :rows, :row   as in the table repeated_rows
INSERT INTO main.repeated_rows AS known (history, entity, at, rows, row)
VALUES (:history, CAST(:entity AS TEXT), :at, :rows, :row)
ON CONFLICT (history, entity, at) DO UPDATE SET
    rows = max(known.rows, excluded.rows),
    row = min(coalesce(known.row, excluded.row), coalesce(excluded.row, known.row))
WHERE excluded.rows > known.rows OR excluded.row < coalesce(known.row, ']')
