-- Returns a number that differs after another connection has changed the database.
SELECT data_version FROM pragma_data_version
