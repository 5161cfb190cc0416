-- Returns when Torn last answered about a faction; no row: never.
-- last_updated is 0 for a faction that was only mentioned in answers about something else.
SELECT last_updated FROM factions WHERE faction_id = :faction_id AND last_updated > 0
