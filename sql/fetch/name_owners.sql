-- Placeholder rows for owners of tiles of whom nothing is known yet.
INSERT INTO factions (faction_id, name, created_at, last_updated)
SELECT DISTINCT value ->> 'owner', 'Faction ' || (value ->> 'owner'), :at, 0
FROM json_each(:tiles)
WHERE value ->> 'owner' IS NOT NULL
ON CONFLICT (faction_id) DO NOTHING
