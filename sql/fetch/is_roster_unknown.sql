-- Returns 1 if no member of a faction is known although it has some, or its number of members is not known, else 0.
--
-- :faction_id   faction whose members are followed
SELECT NOT EXISTS (SELECT 1 FROM players WHERE faction_id = :faction_id)
    AND coalesce((SELECT member_count FROM factions WHERE faction_id = :faction_id), 1) <> 0 AS is_unknown
