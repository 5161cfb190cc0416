-- Stores the fingerprint of the key that a state belongs to.
-- A replaced key gets a check time of 0, so that it is checked again. It runs after set_state.sql, which compares the
-- old fingerprint.
--
-- :name          name of the key in the configuration
-- :fingerprint   hash of the key
INSERT INTO key_checks (name, fingerprint, checked_at, access_level)
VALUES (:name, :fingerprint, 0, 0)
ON CONFLICT (name) DO UPDATE SET
    checked_at = iif(fingerprint = excluded.fingerprint, checked_at, 0),
    fingerprint = excluded.fingerprint
