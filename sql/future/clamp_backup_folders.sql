-- Sets last_backup_at of backup folders to now if it is after :limit.
-- The rows are kept, because the backups exist even if their times are wrong.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE backup_folders SET last_backup_at = :now WHERE last_backup_at > :limit
