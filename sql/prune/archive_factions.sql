-- Copies the factions to the attached archive, because its history rows refer to them.
-- A row that is newer in the archive is left alone.
INSERT INTO archive.factions (
    faction_id, name, tag, leader_id, co_leader_id, respect, age, best_chain, member_count,
    is_active, created_at, last_updated
)
SELECT
    faction_id, name, tag, leader_id, co_leader_id, respect, age, best_chain, member_count,
    is_active, created_at, last_updated
FROM main.factions
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (faction_id) DO UPDATE SET
    name = excluded.name,
    tag = excluded.tag,
    leader_id = excluded.leader_id,
    co_leader_id = excluded.co_leader_id,
    respect = excluded.respect,
    age = excluded.age,
    best_chain = excluded.best_chain,
    member_count = excluded.member_count,
    is_active = excluded.is_active,
    created_at = min(factions.created_at, excluded.created_at),
    last_updated = excluded.last_updated
WHERE excluded.last_updated >= factions.last_updated
