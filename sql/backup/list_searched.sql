-- Lists the backups that were searched for rows that a prune deleted too early.
SELECT sha256, rows, error FROM searched_backups
