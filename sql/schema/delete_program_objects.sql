-- Deletes the list of objects that tornsnap created, before record_program_objects.sql writes the new list.
DELETE FROM program_objects
