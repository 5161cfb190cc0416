-- Adds a row for each stored player that has none. Its known values were told with its state.
INSERT INTO main.player_value_times (player_id, level_at, life_maximum_at)
SELECT
    player_id,
    iif(level IS NOT NULL, nullif(last_updated, 0), NULL),
    iif(life_maximum IS NOT NULL, nullif(last_updated, 0), NULL)
FROM main.players
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (player_id) DO NOTHING
