-- Records the replaced history rows as rows that repeat known values. The number is added, because a row is replaced only once.
-- The values of a row of a war are not needed again.
--
-- :history   name of the history table
INSERT INTO main.repeated_rows (history, entity, at, rows, row)
SELECT :history, CAST(entity AS TEXT), at, count(*), iif(:history = 'war_status_history', '', row) AS values_again
FROM temp.replaced
WHERE true
GROUP BY 2, 3, values_again
ON CONFLICT (history, entity, at, row) DO UPDATE SET rows = repeated_rows.rows + excluded.rows
