-- Adds the accepted rows to a history, in the order of their times. The table assigns the ids that they lack.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables. It finds the
-- list of columns only on one line.
INSERT INTO main.player_stats_history (
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
)
SELECT
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
FROM temp.accepted
WHERE moved_from IS NULL
ORDER BY timestamp, rowid
