-- Remembers that a backup was written to a folder. :directory is its absolute path, :at unix seconds.
INSERT INTO backup_folders (directory, last_backup_at, last_file)
VALUES (:directory, :at, :file)
ON CONFLICT (directory) DO UPDATE
SET last_backup_at = excluded.last_backup_at, last_file = excluded.last_file
