-- Lists the tiles that a faction held when they were last observed.
--
-- :faction_id   the faction
SELECT territory_id FROM territories WHERE faction_id = :faction_id
