-- Lists what the source has recorded of the rows of an entity that its own imports left out or removed.
--
-- :history, :entity   as in the table repeated_rows
SELECT at, rows, has_row FROM temp.left_out
WHERE history = :history AND entity = CAST(:entity AS TEXT)
