-- Remembers the selections that Torn lists for a key, and the time of that answer.
INSERT INTO key_checks (name, fingerprint, checked_at, access_level, user_selections, faction_selections,
                        torn_selections)
VALUES (:name, :fingerprint, :checked_at, :access_level, :user_selections, :faction_selections, :torn_selections)
ON CONFLICT (name) DO UPDATE
SET fingerprint = excluded.fingerprint, checked_at = excluded.checked_at, access_level = excluded.access_level,
    user_selections = excluded.user_selections, faction_selections = excluded.faction_selections,
    torn_selections = excluded.torn_selections
