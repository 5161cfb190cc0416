-- Counts the imported players that are new, or newer than the stored ones.
SELECT count(DISTINCT imported.player_id)
FROM temp.imported_players AS imported
LEFT JOIN main.players AS stored ON stored.player_id = imported.player_id
WHERE stored.player_id IS NULL OR imported.last_updated > stored.last_updated
