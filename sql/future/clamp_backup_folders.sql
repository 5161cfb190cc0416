-- Sets the time of the last backup in each folder to now, if it is later.
-- The rows are kept, because the backups were made whatever the clock showed.
--
-- :now     unix seconds
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE backup_folders SET last_backup_at = :now WHERE last_backup_at > :limit
