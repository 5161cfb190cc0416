-- Deletes the rows of a history that repeat known values, or another row of their second, since other rows were imported.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
DELETE FROM main.player_stats_history
WHERE id IN (SELECT id FROM temp.replaced)
