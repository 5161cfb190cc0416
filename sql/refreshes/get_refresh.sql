-- Returns when rarely changing data was last read (unix seconds), or no row.
--
-- :name   name of the data, as in the table
SELECT refreshed_at FROM refreshes WHERE name = :name
