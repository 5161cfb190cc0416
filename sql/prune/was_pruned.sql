-- Returns 1 if a prune was ever recorded, else 0.
SELECT EXISTS (SELECT 1 FROM prune_runs) AS was_pruned
