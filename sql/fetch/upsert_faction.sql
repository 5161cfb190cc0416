-- Saves the state of a faction.
-- A value that is NULL in this answer is unknown and keeps its stored value. If a newer answer is stored, nothing
-- changes.
--
-- :name, :tag                       NULL: unknown
-- :leader_id, :co_leader_id         player ids; NULL: vacant or unknown
-- :leader_known, :co_leader_known   1: the answer says who it is, or that there is none
-- :respect, :age                    points, and days since the faction was founded; NULL: unknown
-- :best_chain, :member_count        hits, and members; NULL: unknown
-- :at                               unix seconds; when Torn answered
INSERT INTO factions (
    faction_id, name, tag, leader_id, co_leader_id, respect, age, best_chain, member_count, created_at, last_updated
)
VALUES (
    :faction_id, coalesce(:name, 'Faction ' || :faction_id), :tag, :leader_id, :co_leader_id, :respect, :age,
    :best_chain, :member_count, :at, :at
)
ON CONFLICT (faction_id) DO UPDATE SET
    name = coalesce(:name, name),
    tag = coalesce(excluded.tag, tag),
    leader_id = iif(:leader_known, excluded.leader_id, leader_id),
    co_leader_id = iif(:co_leader_known, excluded.co_leader_id, co_leader_id),
    respect = coalesce(excluded.respect, respect),
    age = coalesce(excluded.age, age),
    best_chain = coalesce(excluded.best_chain, best_chain),
    member_count = coalesce(excluded.member_count, member_count),
    is_active = 1,
    last_updated = excluded.last_updated
WHERE excluded.last_updated >= last_updated
