-- Returns the number of the newest migration, and whether all migrations from the first one to it are recorded.
SELECT coalesce(max(version), 0) AS newest,
       coalesce(min(version) = 1 AND max(version) = count(*)
                AND total(typeof(version) = 'integer') = count(DISTINCT version), 0) AS is_unbroken
FROM schema_version
