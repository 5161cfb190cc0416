-- Counts the tiles whose rarely changing facts, such as the sector, are stored.
SELECT count(*) FROM territories WHERE sector IS NOT NULL
