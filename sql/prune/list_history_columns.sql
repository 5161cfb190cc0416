-- Lists the columns of a history table. SQLite computes generated columns, so they are not among them.
SELECT name AS column_name FROM pragma_table_info(:history) ORDER BY cid
