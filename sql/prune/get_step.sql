-- Returns the rows that were last copied to the attached archive, or no row if their originals are known to be deleted.
SELECT history, from_moment, until_moment, last_id
FROM archive.archive_step
