-- A faction of which an answer tells something, but not its name: a row with a placeholder.
INSERT INTO factions (faction_id, name, created_at, last_updated)
VALUES (:faction_id, 'Faction ' || :faction_id, :at, :at)
ON CONFLICT (faction_id) DO UPDATE SET is_active = 1, last_updated = max(last_updated, excluded.last_updated)
