-- Lists the months of imported summaries that cannot be computed from the history rows that are here, oldest first.
SELECT DISTINCT counted.period_start
FROM temp.counted
JOIN temp.thin ON thin.entity = counted.entity AND thin.since <= counted.period_start
ORDER BY counted.period_start
