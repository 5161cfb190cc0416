-- Lists the tiles that are stored as under assault and that no followed faction holds.
--
-- :factions   JSON list of the followed factions
SELECT territory_id
FROM territories
WHERE war_status IN ('under_attack', 'defending')
  AND (faction_id IS NULL OR faction_id NOT IN (SELECT value FROM json_each(:factions)))
