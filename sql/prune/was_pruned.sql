-- Returns 1 if a prune has ever deleted or moved history rows, else 0.
SELECT EXISTS (SELECT 1 FROM prune_runs WHERE deleted > 0) AS was_pruned
