-- Marks a new database as the archive of another one.
--
-- :archive_of   database_id of the other database
UPDATE database_identity SET archive_of = :archive_of
