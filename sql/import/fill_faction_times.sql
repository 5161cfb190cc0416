-- Adds a row for each stored faction that has none. Its known values were told with its state.
INSERT INTO main.faction_value_times (faction_id, respect_at, member_count_at, best_chain_at)
SELECT
    faction_id,
    iif(respect IS NOT NULL, nullif(last_updated, 0), NULL),
    iif(member_count IS NOT NULL, nullif(last_updated, 0), NULL),
    iif(best_chain IS NOT NULL, nullif(last_updated, 0), NULL)
FROM main.factions
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (faction_id) DO NOTHING
