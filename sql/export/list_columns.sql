-- Lists the columns of a table or view in order.
-- It fails for a view that does not compile.
SELECT
    name AS column_name,
    pk AS key_position                            -- position in the primary key, from 1; 0: not part of it
FROM pragma_table_info(:dataset)
ORDER BY cid
