-- What Torn says of a faction now.
INSERT INTO factions (faction_id, name, tag, leader_id, co_leader_id, respect, age, best_chain, member_count,
                      created_at, last_updated)
VALUES (:faction_id, :name, :tag, :leader_id, :co_leader_id, :respect, :age, :best_chain, :member_count, :now, :now)
ON CONFLICT (faction_id) DO UPDATE
SET name = excluded.name, tag = excluded.tag, leader_id = excluded.leader_id, co_leader_id = excluded.co_leader_id,
    respect = excluded.respect, age = excluded.age, best_chain = excluded.best_chain,
    member_count = excluded.member_count, is_active = 1, last_updated = excluded.last_updated
