-- Lists the tiles that a faction held when they were last observed.
SELECT territory_id FROM territories WHERE faction_id = :faction_id
