-- A faction that is only referred to: a row with a placeholder, or with its name as soon as one is known.
-- last_updated 0: Torn was never asked about it.
INSERT INTO factions (faction_id, name, created_at, last_updated)
VALUES (:faction_id, coalesce(:name, 'Faction ' || :faction_id), :at, 0)
ON CONFLICT (faction_id) DO UPDATE
SET name = :name
WHERE :name IS NOT NULL AND name = 'Faction ' || :faction_id
