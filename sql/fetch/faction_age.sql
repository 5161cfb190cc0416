-- When Torn last answered about a faction; nothing for one that is only referred to.
SELECT last_updated FROM factions WHERE faction_id = :faction_id AND last_updated > 0
