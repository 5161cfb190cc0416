-- Counts the imported factions that are new, or newer than the stored ones.
SELECT count(DISTINCT imported.faction_id)
FROM temp.imported_factions AS imported
LEFT JOIN main.factions AS stored ON stored.faction_id = imported.faction_id
WHERE stored.faction_id IS NULL OR imported.last_updated > stored.last_updated
