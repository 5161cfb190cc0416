-- Deletes the rows of a history that repeat the last known values since rows were imported before them, and those that are
-- added again after other rows of their second.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
DELETE FROM main.player_stats_history
WHERE id IN (SELECT id FROM temp.replaced UNION ALL SELECT id FROM temp.moved)
