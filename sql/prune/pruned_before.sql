-- Up to where detail has been pruned, or a prune that was cut off meant to; NULL: never.
SELECT max(cutoff) AS pruned_before FROM prune_runs
