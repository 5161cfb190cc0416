-- Records for this import how many rows of an entity and month it has left out, because they repeat known values, although the
-- other database has pruned the month. The summary of that database counts these rows, but they are not all that it counts.
--
-- :history, :entity, :period_start, :rows   as in the table repeated_rows
INSERT INTO temp.repeated_kept (history, entity, period_start, rows)
VALUES (:history, CAST(:entity AS TEXT), :period_start, :rows)
