-- Returns when the database was made; NULL: not recorded.
SELECT min(applied_at) AS made_at FROM schema_version
