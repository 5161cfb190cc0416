-- Lists the columns of a table in order, with their types.
SELECT
    name AS column_name,
    type AS declared_type,
    "notnull" OR pk > 0 AS is_required            -- the columns of a primary key are never NULL in this schema
FROM pragma_table_info(:dataset)
ORDER BY cid
