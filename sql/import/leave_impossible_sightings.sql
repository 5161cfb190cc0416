-- Deletes the imported sightings that no tornsnap has recorded.
-- Later ones than now are not imported at all.
--
-- :first   unix seconds; the start of 2004, when Torn began
DELETE FROM temp.imported_membership_sightings
WHERE at < :first
   OR player_id <= 0
   OR faction_id <= 0
   OR joined_at < :first
   OR has_left NOT IN (0, 1)
