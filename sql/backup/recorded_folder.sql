-- The newest backup that was written to a folder. :directory is its absolute path.
SELECT last_backup_at, last_file
FROM backup_folders
WHERE directory = :directory
