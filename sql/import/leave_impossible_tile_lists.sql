-- Deletes the imported periods of lists of tiles that no tornsnap has recorded. Torn began in 2004.
DELETE FROM temp.imported_tile_lists
WHERE faction_id <= 0
   OR first_at < unixepoch('2004-01-01')
   OR last_at < first_at
   OR is_over NOT IN (0, 1)
