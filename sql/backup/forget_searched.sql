-- Forgets the results of the searches for rows that a prune deleted too early, because other rows are missing now.
DELETE FROM searched_copies
