-- Forgets which objects tornsnap made, before they are noted anew.
DELETE FROM program_objects
