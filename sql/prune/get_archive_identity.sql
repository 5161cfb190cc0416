-- Returns the id of the attached archive, and the id of the database that it is an archive of.
SELECT database_id, archive_of
FROM archive.database_identity
