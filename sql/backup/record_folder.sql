-- Records the newest backup in a folder.
--
-- :directory   absolute path of the folder
-- :at          unix seconds; when the backup was made
-- :file        file name of the backup
INSERT INTO backup_folders (directory, last_backup_at, last_file)
VALUES (:directory, :at, :file)
ON CONFLICT (directory) DO UPDATE SET
    last_backup_at = excluded.last_backup_at,
    last_file = excluded.last_file
