-- When this data was last read.
SELECT refreshed_at FROM refreshes WHERE name = :name
