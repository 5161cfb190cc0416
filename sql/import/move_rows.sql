-- Gives stored rows that come after new ones of their second their new ids and values. Columns that the user has added stay.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables. It finds the
-- list of columns only on one line.
UPDATE main.player_stats_history AS stored
SET (
    id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
) = (
    SELECT
        id, player_id, timestamp, strength, defense, speed, dexterity, total_stats, level, life_maximum, networth, data_source
    FROM temp.accepted
    WHERE moved_from = stored.id
)
WHERE id IN (SELECT moved_from FROM temp.accepted WHERE moved_from IS NOT NULL)
