-- Gets the statement that has created a table or view.
SELECT sql AS definition FROM sqlite_schema WHERE name = :dataset AND type IN ('table', 'view')
