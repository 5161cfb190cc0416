-- Makes a new database an archive.
--
-- :archive_of   database_id of the database whose old history rows it will hold
UPDATE database_identity
SET archive_of = :archive_of
