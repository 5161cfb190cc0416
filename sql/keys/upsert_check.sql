-- Stores the access level and the selections that Torn lists for a key.
--
-- :name                                                     name of the key in the configuration
-- :fingerprint                                              hash of the key
-- :checked_at                                               unix seconds; when Torn answered
-- :access_level                                             as in the table key_checks
-- :user_selections, :faction_selections, :torn_selections   comma-separated; NULL: unknown
INSERT INTO key_checks (
    name, fingerprint, checked_at, access_level, user_selections, faction_selections, torn_selections
)
VALUES (
    :name, :fingerprint, :checked_at, :access_level, :user_selections, :faction_selections, :torn_selections
)
ON CONFLICT (name) DO UPDATE SET
    fingerprint = excluded.fingerprint,
    checked_at = excluded.checked_at,
    access_level = excluded.access_level,
    user_selections = excluded.user_selections,
    faction_selections = excluded.faction_selections,
    torn_selections = excluded.torn_selections
