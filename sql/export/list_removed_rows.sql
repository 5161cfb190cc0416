-- Lists the rows of an entity and a time that an import has left out or removed, because they repeat known values. Of wars, the
-- table has no values, but has_row tells whether the row of this time was removed: Torn's answer at one time is one row.
SELECT row AS removed_row FROM repeated_rows WHERE history = :history AND entity = :entity AND at = :at AND (row <> '' OR has_row = 1)
