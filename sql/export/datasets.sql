-- Everything that can be exported: tables and views with their columns, in order.
SELECT
    s.name AS dataset,
    s.type = 'view' AS is_view,
    s.sql AS definition,
    c.name AS column_name,
    c.pk AS key_position                          -- 0: not part of the primary key
FROM sqlite_schema AS s
JOIN pragma_table_info(s.name) AS c
WHERE s.type IN ('table', 'view')
  AND substr(s.name, 1, 7) <> 'sqlite_'
ORDER BY s.type, s.name, c.cid
