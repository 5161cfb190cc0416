-- Returns the newest backup that was recorded for a folder, or no row.
--
-- :directory   absolute path of the folder
SELECT last_backup_at, last_file
FROM backup_folders
WHERE directory = :directory
