-- Counts a row that an import has left out no longer without its values: they are known again, because its month was opened again after
-- a prune.
--
-- :history, :entity, :at   as in the table repeated_rows
UPDATE main.repeated_rows SET rows = rows - 1
WHERE history = :history AND entity = CAST(:entity AS TEXT) AND row = '' AND rows > 0
  AND at = unixepoch(:at, 'unixepoch', 'start of month')
