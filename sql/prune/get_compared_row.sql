-- Returns the hash of a row as it was found in a lake; no row: it was not compared.
SELECT hash FROM temp.compared_rows WHERE history = :history AND id = :id
