-- Deletes the imported periods of lists of tiles that no tornsnap has recorded.
--
-- :first   unix seconds; the start of 2004, when Torn began
DELETE FROM temp.imported_tile_lists
WHERE faction_id <= 0
   OR first_at < :first
   OR last_at < first_at
   OR is_over NOT IN (0, 1)
