-- Merges the imported factions with the stored ones. The newer state counts; an unknown value keeps the other one.
-- take_told_factions.sql merges the values that the history has, too.
--
-- An unknown is_active keeps the stored one. Of a new row it becomes 1, as fetch sets it.
-- created_at and last_updated of an imported faction are 0 if they are not known.
--
-- :now   unix seconds
INSERT INTO main.factions (
    faction_id, name, tag, leader_id, co_leader_id, respect, age, best_chain, member_count, is_active, created_at,
    last_updated
)
SELECT
    faction_id, name, tag, leader_id, co_leader_id, respect, age, best_chain, member_count,
    coalesce(is_active,
             (SELECT is_active FROM main.factions AS stored WHERE stored.faction_id = imported.faction_id),
             1),
    coalesce(nullif(created_at, 0), nullif(last_updated, 0), :now), last_updated
FROM temp.imported_factions AS imported
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ORDER BY last_updated
ON CONFLICT (faction_id) DO UPDATE SET
    name = CASE
        WHEN excluded.name = 'Faction ' || faction_id THEN name
        WHEN name = 'Faction ' || faction_id OR excluded.last_updated > last_updated THEN excluded.name
        ELSE name END,
    tag = iif(excluded.last_updated > last_updated, coalesce(excluded.tag, tag), coalesce(tag, excluded.tag)),
    leader_id = iif(excluded.last_updated > last_updated,
                    coalesce(excluded.leader_id, leader_id),
                    coalesce(leader_id, excluded.leader_id)),
    co_leader_id = iif(excluded.last_updated > last_updated,
                       coalesce(excluded.co_leader_id, co_leader_id),
                       coalesce(co_leader_id, excluded.co_leader_id)),
    age = iif(excluded.last_updated > last_updated, coalesce(excluded.age, age), coalesce(age, excluded.age)),
    is_active = iif(excluded.last_updated > last_updated, excluded.is_active, is_active),
    created_at = min(created_at, excluded.created_at),
    last_updated = max(last_updated, excluded.last_updated)
