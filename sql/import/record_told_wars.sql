-- Records the entities of which history rows are taken.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
INSERT OR IGNORE INTO temp.told_wars (entity)
SELECT player_id FROM temp.accepted
