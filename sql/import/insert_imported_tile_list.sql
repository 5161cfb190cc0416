-- Adds a period of lists of tiles of another database of tornsnap.
INSERT INTO temp.imported_tile_lists (faction_id, first_at, last_at, is_over)
VALUES (?, ?, ?, ?)
