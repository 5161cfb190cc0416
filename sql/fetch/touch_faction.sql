-- Records an answer about a faction, if the answer has no basic data. Such an answer is a roster, for example.
-- A new faction gets a placeholder for its name.
--
-- :at   unix seconds; when Torn answered
INSERT INTO factions (faction_id, name, created_at, last_updated)
VALUES (:faction_id, 'Faction ' || :faction_id, :at, :at)
ON CONFLICT (faction_id) DO UPDATE SET
    is_active = 1,
    last_updated = max(last_updated, excluded.last_updated)
