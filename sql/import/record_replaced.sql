-- Records the replaced history rows as rows that repeat known values. Their number is added, because a row is replaced only once.
--
-- :history   name of the history table
INSERT INTO main.repeated_rows (history, entity, month, rows)
SELECT :history, CAST(entity AS TEXT), strftime('%Y-%m', period_start, 'unixepoch'), count(*)
FROM temp.replaced
WHERE true
GROUP BY 2, 3
ON CONFLICT (history, entity, month) DO UPDATE SET rows = repeated_rows.rows + excluded.rows
