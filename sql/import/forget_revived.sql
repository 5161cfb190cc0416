-- Records that a row which an import had left out is in the history now, so that it is not counted twice.
--
-- :history, :entity, :at   as in the table repeated_rows
UPDATE main.repeated_rows SET rows = rows - 1, row = NULL
WHERE history = :history AND entity = CAST(:entity AS TEXT) AND at = :at AND row IS NOT NULL
