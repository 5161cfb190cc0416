-- Makes sure that the owner of each tile has a row, so that other rows can refer to it.
-- A new faction gets a placeholder for its name. Its last_updated is 0, because Torn was not asked about the faction
-- itself.
--
-- :tiles   JSON list of objects with id, owner, racket_known, racket_type, racket_level and war
-- :at      unix seconds; when Torn answered
INSERT INTO factions (faction_id, name, created_at, last_updated)
SELECT DISTINCT value ->> 'owner', 'Faction ' || (value ->> 'owner'), :at, 0
FROM json_each(:tiles)
WHERE value ->> 'owner' IS NOT NULL
ON CONFLICT (faction_id) DO NOTHING
