-- Lists the columns of a table in order, with their types.
--
-- is_strict: SQLite allows only values of the declared type.
SELECT
    name AS column_name,
    type AS declared_type,
    "notnull" OR pk > 0 AS is_required,           -- the columns of a primary key are never NULL in this schema
    coalesce((SELECT strict FROM pragma_table_list(:dataset) WHERE schema = 'main'), 0) AS is_strict
FROM pragma_table_info(:dataset)
ORDER BY cid
