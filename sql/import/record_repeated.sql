-- Records how many rows of an entity and month an import has left out, because they repeat known values. The larger number
-- stays, because the same file may be imported again.
--
-- :history, :entity, :month, :rows   as in the table repeated_rows
INSERT INTO main.repeated_rows (history, entity, month, rows)
VALUES (:history, CAST(:entity AS TEXT), :month, :rows)
ON CONFLICT (history, entity, month) DO UPDATE SET rows = excluded.rows WHERE excluded.rows > repeated_rows.rows
