-- The columns of a table or view, in order. It fails for a view that does not compile.
-- :dataset is its name.
SELECT
    name AS column_name,
    pk AS key_position                            -- 0: not part of the primary key
FROM pragma_table_info(:dataset)
ORDER BY cid
