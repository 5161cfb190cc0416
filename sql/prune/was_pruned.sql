-- Whether a prune has been here before.
SELECT EXISTS (SELECT 1 FROM prune_runs) AS was_pruned
