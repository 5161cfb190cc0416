-- Counts the rows of each month that another database of tornsnap has left out or removed, because they repeat known values.
-- With the rows that its summary counts, they are all rows that it has known. For a summary that it has imported, they are those
-- of the source of that summary. Wars have other records. No table has more rows than 4294967295.
--
-- ?1   unix seconds; later times were recorded while a clock was ahead
SELECT history, entity, unixepoch(at, 'unixepoch', 'start of month') AS month, sum(rows) AS rows
FROM repeated_rows
WHERE history <> 'war_status_history' AND at <= ?1 AND rows BETWEEN 1 AND 4294967295
GROUP BY 1, 2, 3
HAVING NOT EXISTS (
    SELECT 1 FROM imported_summaries AS mark
    WHERE mark.history = repeated_rows.history AND mark.period_start = month AND mark.entity = repeated_rows.entity)
UNION ALL
SELECT history, entity, period_start, left_out
FROM imported_summaries
WHERE history <> 'war_status_history' AND period_start <= ?1 AND left_out BETWEEN 1 AND 4294967295
