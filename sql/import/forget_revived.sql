-- Forgets a row that an import had left out: it is in the history now.
--
-- :history   name of the history table
-- :revived   rowid of the row in temp.revived
DELETE FROM main.repeated_rows
WHERE history = :history AND (entity, at, row) = (SELECT entity, at, row FROM temp.revived WHERE rowid = :revived)
