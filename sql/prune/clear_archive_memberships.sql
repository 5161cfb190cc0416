-- Deletes the faction memberships in the attached archive.
-- The triggers of the archive insert memberships when players are copied. archive_memberships.sql runs next and copies
-- the real ones.
DELETE FROM archive.faction_membership
