-- Empties the table of told values, for the next statement that fills it.
DELETE FROM temp.told_factions
