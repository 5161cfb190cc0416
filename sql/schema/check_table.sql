-- Returns the first problem that SQLite finds in a table, or 'ok'.
--
-- :table   name of the table
SELECT quick_check AS problem FROM pragma_quick_check(:table) LIMIT 1
