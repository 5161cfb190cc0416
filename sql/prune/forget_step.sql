-- Forgets the rows that were last copied to the attached archive: they are in one file only.
DELETE FROM archive.archive_step
