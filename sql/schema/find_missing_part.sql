-- Returns a column, or an index of a history, that a database of this schema needs and that this one lacks; no row if it has
-- all of them.
--
-- :parts   JSON array of them, as list_parts.sql writes it
SELECT
    needed.value ->> 'table' AS "table",
    needed.value ->> 'column' AS "column",
    needed.value ->> 'index' AS "index",
    needed.value ->> 'definition' AS definition
FROM json_each(:parts) AS needed
WHERE NOT EXISTS (
        SELECT 1 FROM pragma_table_xinfo(needed.value ->> 'table', 'main') AS present
        WHERE present.name = needed.value ->> 'column' COLLATE NOCASE)
  AND NOT EXISTS (
        SELECT 1 FROM sqlite_schema AS present
        WHERE present.type = 'index' AND present.name = needed.value ->> 'index' COLLATE NOCASE)
ORDER BY "index" IS NOT NULL, "table", "column", "index"
LIMIT 1
