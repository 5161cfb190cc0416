-- Deletes the rows of a history that repeat the last known values since rows were imported before them. Those that
-- are moved have new ids by now; the others in temp.moved repeat a row of their second.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
DELETE FROM main.player_stats_history
WHERE id IN (SELECT id FROM temp.replaced UNION ALL SELECT id FROM temp.moved)
