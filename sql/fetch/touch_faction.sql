-- Records that Torn answered about a faction, when the answer has no basic data, such as a roster alone.
-- A new faction gets a placeholder for its name.
--
-- :faction_id   the faction
-- :at           unix seconds; when Torn answered
INSERT INTO factions (faction_id, name, created_at, last_updated)
VALUES (:faction_id, 'Faction ' || :faction_id, :at, :at)
ON CONFLICT (faction_id) DO UPDATE SET
    is_active = 1,
    last_updated = max(last_updated, excluded.last_updated)
