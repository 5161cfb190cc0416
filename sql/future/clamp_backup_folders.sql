-- Dates now the last backup in each folder, where it was made in the future: there were backups all the same.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE backup_folders SET last_backup_at = :now WHERE last_backup_at > :limit
