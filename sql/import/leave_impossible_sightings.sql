-- Deletes the imported sightings that no tornsnap has recorded.
-- The time: Torn began in 2004. Later ones than now are not imported at all.
DELETE FROM temp.imported_membership_sightings
WHERE at < unixepoch('2004-01-01')
   OR player_id <= 0
   OR faction_id <= 0
   OR joined_at < unixepoch('2004-01-01')
   OR has_left NOT IN (0, 1)
