-- Counts the imported states of entities that are new, or newer than the stored ones.
-- Written for players. src/store/import/kind.rs replaces the names for factions and territories.
SELECT count(DISTINCT imported.player_id)
FROM temp.imported_players AS imported
LEFT JOIN main.players AS stored ON stored.player_id = imported.player_id
WHERE stored.player_id IS NULL OR imported.last_updated > stored.last_updated
