-- Whether an earlier import has left out or removed the row of a war of this time, because it repeated known values.
--
-- :history, :entity, :at   as in the table repeated_rows
SELECT EXISTS (
    SELECT 1 FROM main.repeated_rows
    WHERE history = :history AND entity = CAST(:entity AS TEXT) AND at = :at AND has_row)
