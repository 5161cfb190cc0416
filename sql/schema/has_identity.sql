-- Whether the database has its ids.
SELECT EXISTS (SELECT 1 FROM database_identity) AS has_identity
