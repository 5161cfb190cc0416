-- Lists the backups and archives that were searched for rows that a prune deleted too early.
SELECT copy, rows, error FROM searched_copies
