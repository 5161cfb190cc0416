-- Marks a faction as one that Torn no longer knows.
UPDATE factions SET is_active = 0 WHERE faction_id = :entity_id
