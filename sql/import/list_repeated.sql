-- Lists the rows of a history that imports have left out or removed.
--
-- :history   name of the history table
SELECT entity, at, rows, row, has_row FROM repeated_rows WHERE history = :history ORDER BY entity, at
