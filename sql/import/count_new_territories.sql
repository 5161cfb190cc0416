-- Counts the imported tiles that are new, or newer than the stored ones.
SELECT count(DISTINCT imported.territory_id)
FROM temp.imported_territories AS imported
LEFT JOIN main.territories AS stored ON stored.territory_id = imported.territory_id
WHERE stored.territory_id IS NULL OR imported.last_updated > stored.last_updated
