-- Whether an earlier import has left out or removed a row of an entity, because it repeated known values.
--
-- :history, :entity, :at   as in the table repeated_rows
SELECT EXISTS (
    SELECT 1 FROM main.repeated_rows
    WHERE history = :history AND entity = CAST(:entity AS TEXT) AND at = :at AND rows > 0)
