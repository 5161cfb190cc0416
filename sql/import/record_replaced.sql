-- Records the replaced history rows as rows that repeat known values. The number is added, because a row is replaced only once.
--
-- :history   name of the history table
INSERT INTO main.repeated_rows (history, entity, at, rows, row)
SELECT :history, CAST(entity AS TEXT), at, count(*), min(row)
FROM temp.replaced
WHERE true
GROUP BY 2, 3
ON CONFLICT (history, entity, at) DO UPDATE SET
    rows = repeated_rows.rows + excluded.rows,
    row = min(coalesce(repeated_rows.row, excluded.row), excluded.row)
