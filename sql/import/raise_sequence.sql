-- Raises the highest id of a history to that of its moved rows, so that it is not assigned again after a prune. SQLite only
-- does so itself for inserted rows.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
UPDATE main.sqlite_sequence
SET seq = max(seq, coalesce((SELECT max(id) FROM main.player_stats_history), 0))
WHERE name = 'player_stats_history'
