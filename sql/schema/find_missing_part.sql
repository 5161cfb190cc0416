-- Returns a column, or an index of a history, that a database of this schema needs and that this one lacks; no row if it has
-- all of them.
--
-- :parts   JSON array of them, as list_parts.sql writes it
WITH present AS (
    SELECT lower(s.name) AS "table", lower(c.name) AS part
    FROM main.sqlite_schema AS s
    JOIN pragma_table_xinfo(s.name, 'main') AS c
    WHERE s.type = 'table'
    UNION ALL
    SELECT lower(tbl_name), lower(name)
    FROM main.sqlite_schema
    WHERE type = 'index'
)
SELECT
    needed.value ->> 'table' AS "table",
    needed.value ->> 'column' AS "column",
    needed.value ->> 'index' AS "index",
    needed.value ->> 'definition' AS definition
FROM json_each(:parts) AS needed
WHERE (lower(needed.value ->> 'table'), lower(coalesce(needed.value ->> 'column', needed.value ->> 'index')))
    NOT IN (SELECT "table", part FROM present)
ORDER BY "index" IS NOT NULL, "table", "column", "index"
LIMIT 1
