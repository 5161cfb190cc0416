-- Counts the tiles whose unchanging facts, such as the sector, are stored.
SELECT count(*) FROM territories WHERE sector IS NOT NULL
