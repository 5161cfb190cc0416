-- Returns 1 if history rows of this database were ever pruned, else 0.
SELECT EXISTS (SELECT 1 FROM prune_runs) AS was_pruned
