-- How many tiles have their unchanging facts.
SELECT count(*) FROM territories WHERE sector IS NOT NULL
