-- The tiles that this faction held when last seen.
SELECT territory_id FROM territories WHERE faction_id = :faction_id
