-- The rest of what Torn says of a key, and when it said so.
INSERT INTO key_checks (name, fingerprint, checked_at, access_level, faction_id, faction_access, selections)
VALUES (:name, :fingerprint, :checked_at, :access_level, :faction_id, :faction_access, :selections)
ON CONFLICT (name) DO UPDATE
SET fingerprint = excluded.fingerprint, checked_at = excluded.checked_at, access_level = excluded.access_level,
    faction_id = excluded.faction_id, faction_access = excluded.faction_access, selections = excluded.selections
