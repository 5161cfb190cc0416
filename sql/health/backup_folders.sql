-- The folders that backups were written to, and the last one in each.
SELECT directory, last_backup_at, last_file
FROM backup_folders
ORDER BY directory
