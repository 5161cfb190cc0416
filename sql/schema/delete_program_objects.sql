-- Deletes the list of objects that tornsnap created, before record_program_objects.sql writes it anew.
DELETE FROM program_objects
