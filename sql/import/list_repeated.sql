-- Lists the rows of a history that imports have left out or removed, without those whose facts another row has.
--
-- :history   name of the history table
SELECT entity, at, rows, row, has_row FROM repeated_rows WHERE history = :history AND rows > 0 ORDER BY entity, at
