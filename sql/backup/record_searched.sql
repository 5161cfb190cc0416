-- Records the result of a search of a backup for rows that a prune deleted too early.
--
-- :sha256   of the file, as in its manifest
-- :rows     the missing rows in it; NULL if it could not be searched
-- :error    why it could not be searched; NULL if it was
INSERT OR REPLACE INTO searched_backups (sha256, rows, error) VALUES (:sha256, :rows, :error)
