-- Returns the id of this database, and the id of the database that it is an archive of; NULL: it is not an archive.
SELECT database_id, archive_of
FROM database_identity
