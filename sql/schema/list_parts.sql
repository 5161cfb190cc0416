-- Lists the columns of all tables, and the indexes of the histories with their statements, as a JSON array.
-- Statements name most of these indexes, and fail without them.
SELECT json_group_array(json_object('table', "table", 'column', "column", 'index', "index", 'definition', definition)) AS parts
FROM (
    SELECT s.name AS "table", c.name AS "column", NULL AS "index", NULL AS definition
    FROM sqlite_schema AS s
    JOIN pragma_table_xinfo(s.name) AS c
    WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite!_%' ESCAPE '!'
    UNION ALL
    SELECT tbl_name, NULL, name, sql
    FROM sqlite_schema
    WHERE type = 'index' AND sql IS NOT NULL AND tbl_name LIKE '%!_history' ESCAPE '!'
)
