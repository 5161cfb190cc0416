-- Records when each value of a faction was told, changed or not.
-- A value that is NULL in this answer was not told.
--
-- :at   unix seconds; when Torn answered
INSERT INTO faction_value_times (
    faction_id,
    respect_at, member_count_at, best_chain_at
)
VALUES (
    :faction_id,
    iif(:respect IS NOT NULL, :at, NULL),
    iif(:member_count IS NOT NULL, :at, NULL),
    iif(:best_chain IS NOT NULL, :at, NULL)
)
ON CONFLICT (faction_id) DO UPDATE SET
    respect_at = nullif(max(coalesce(excluded.respect_at, 0), coalesce(respect_at, 0)), 0),
    member_count_at = nullif(max(coalesce(excluded.member_count_at, 0), coalesce(member_count_at, 0)), 0),
    best_chain_at = nullif(max(coalesce(excluded.best_chain_at, 0), coalesce(best_chain_at, 0)), 0)
