-- Lists the folders that backups were written to, each with its last backup.
SELECT directory, last_backup_at, last_file
FROM backup_folders
ORDER BY directory
