-- Deletes the rows of a history that repeat the last known values since rows were imported before them.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
DELETE FROM main.player_stats_history
WHERE id IN (SELECT id FROM temp.replaced)
