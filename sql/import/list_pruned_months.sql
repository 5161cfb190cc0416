-- The months of the history that are pruned here, from the first imported summary on, oldest first.
--
-- :first   unix seconds; start of the month of that summary
SELECT period_start
FROM temp.pruned_months
WHERE period_start >= :first
ORDER BY period_start
