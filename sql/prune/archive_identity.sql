-- The ids of the attached archive.
SELECT database_id, archive_of
FROM archive.database_identity
