-- Records the result of a search of a backup or an archive for rows that a prune deleted too early.
--
-- :copy     SHA-256 of a backup, as in its manifest; database_id of an archive
-- :rows     the missing rows in it; NULL if it could not be searched
-- :error    why it could not be searched; NULL if it was
INSERT OR REPLACE INTO searched_copies (copy, rows, error) VALUES (:copy, :rows, :error)
