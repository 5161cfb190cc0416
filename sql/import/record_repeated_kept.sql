-- Records for this import how many rows of a war and month it has left out, because they repeat known values, although the other
-- database has pruned the month. The summary of that database counts these rows, but they are not all that it counts.
--
-- :entity, :period_start, :rows   as in the table repeated_kept
INSERT INTO temp.repeated_kept (entity, period_start, rows)
VALUES (CAST(:entity AS TEXT), :period_start, :rows)
ON CONFLICT (entity, period_start) DO UPDATE SET rows = repeated_kept.rows + excluded.rows
