-- Records how many rows of an entity and month an import has left out, because they repeat known values. The larger number
-- stays, because the same file may be imported again.
--
-- :history, :entity, :period_start, :rows   as in the table repeated_rows
INSERT INTO main.repeated_rows (history, entity, period_start, rows)
VALUES (:history, CAST(:entity AS TEXT), :period_start, :rows)
ON CONFLICT (history, entity, period_start) DO UPDATE SET rows = excluded.rows WHERE excluded.rows > repeated_rows.rows
