-- Marks the months in which history rows were removed, or got new ids or values, so that `summarize` writes their summaries again.
-- Without a count of observed entities, a month counts as changed.
--
-- :history   name of the history table
WITH gone AS MATERIALIZED (
    SELECT period_start, count(*) AS rows
    FROM (SELECT period_start FROM temp.replaced UNION ALL SELECT period_start FROM temp.touched)
    GROUP BY period_start
)
UPDATE main.month_states AS state
SET observed = NULL, counted_rows = max(0, counted_rows - gone.rows)
FROM gone
WHERE history = :history AND summarized_at IS NOT NULL AND gone.period_start = state.period_start
