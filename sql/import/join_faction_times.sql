-- Joins the times of told values of factions with the stored ones: the later time stays.
INSERT INTO main.faction_value_times (
    faction_id,
    respect_at, member_count_at, best_chain_at
)
SELECT
    told.faction_id,
    told.respect_at, told.member_count_at, told.best_chain_at
FROM temp.told_factions AS told
JOIN main.factions AS stored ON stored.faction_id = told.faction_id
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (faction_id) DO UPDATE SET
    respect_at = nullif(max(coalesce(excluded.respect_at, 0), coalesce(respect_at, 0)), 0),
    member_count_at = nullif(max(coalesce(excluded.member_count_at, 0), coalesce(member_count_at, 0)), 0),
    best_chain_at = nullif(max(coalesce(excluded.best_chain_at, 0), coalesce(best_chain_at, 0)), 0)
