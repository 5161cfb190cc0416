-- Lists the rows of an entity and a time that an import has left out or removed, because they repeat known values.
SELECT row AS removed_row FROM repeated_rows WHERE history = :history AND entity = :entity AND at = :at AND row <> ''
