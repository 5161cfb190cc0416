-- Deletes the faction memberships in the attached archive.
-- Copying the players made the archive's triggers write some. archive_memberships.sql then copies the real ones.
DELETE FROM archive.faction_membership
