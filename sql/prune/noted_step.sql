-- The rows that were last copied to the attached archive, while it is not known that they were deleted here.
SELECT history, from_moment, until_moment, last_id
FROM archive.archive_step
