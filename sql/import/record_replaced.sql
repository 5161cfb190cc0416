-- Records the replaced history rows as rows that repeat known values. The number is added, because a row is replaced only once.
-- A row whose facts another row has is not counted: only the lake asks about it.
--
-- :history   name of the history table
INSERT INTO main.repeated_rows (history, entity, at, rows, row, has_row)
SELECT
    :history, CAST(entity AS TEXT), at, sum(rows), row, :history = 'war_status_history' AND sum(rows) > 0
FROM temp.replaced
WHERE true
GROUP BY 2, 3, row
ON CONFLICT (history, entity, at, row) DO UPDATE SET
    rows = repeated_rows.rows + excluded.rows,
    has_row = max(repeated_rows.has_row, excluded.has_row)
