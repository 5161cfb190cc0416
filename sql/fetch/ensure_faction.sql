-- Makes sure that a faction has a row, so that other rows can refer to it.
-- A new faction gets its name, or a placeholder that is replaced once the name is known. Its last_updated is 0, because
-- Torn was not asked about the faction itself.
--
-- :name   NULL: unknown
-- :at     unix seconds; when Torn answered
INSERT INTO factions (faction_id, name, created_at, last_updated)
VALUES (:faction_id, coalesce(:name, 'Faction ' || :faction_id), :at, 0)
ON CONFLICT (faction_id) DO UPDATE SET name = :name
WHERE :name IS NOT NULL AND name = 'Faction ' || :faction_id
