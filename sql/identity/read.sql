-- Which database this is, and which database it is an archive of.
SELECT database_id, archive_of
FROM database_identity
