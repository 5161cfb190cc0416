-- Records that an import has left out a row of an entity, because it repeats known values, or later rows that repeat the row in
-- its own file. The larger number stays, because the same file may be imported again, and other files have the same row.
--
-- :history, :entity, :at, :rows   as in the table repeated_rows
INSERT INTO main.repeated_rows (history, entity, at, rows)
VALUES (:history, CAST(:entity AS TEXT), :at, :rows)
ON CONFLICT (history, entity, at) DO UPDATE SET rows = excluded.rows WHERE excluded.rows > repeated_rows.rows
