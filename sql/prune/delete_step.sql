-- Deletes the record of the rows that were last copied to the attached archive, once each row is in one file only.
DELETE FROM archive.archive_step
