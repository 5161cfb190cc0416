-- Counts the history rows of pruned months that imports have left out, without their values: forget_repeated.sql deletes the records
-- with these.
INSERT INTO repeated_rows (history, entity, at, rows, row)
SELECT history, entity, unixepoch(at, 'unixepoch', 'start of month'), sum(rows), ''
FROM repeated_rows
WHERE row <> ''
  AND (history, unixepoch(at, 'unixepoch', 'start of month')) IN (
      SELECT history, period_start FROM month_states WHERE pruned_at IS NOT NULL)
GROUP BY 1, 2, 3
ON CONFLICT (history, entity, at, row) DO UPDATE SET rows = repeated_rows.rows + excluded.rows
