-- Which key a verdict was about. Of a key whose text was replaced nothing is known: it is asked about again.
INSERT INTO key_checks (name, fingerprint, checked_at, access_level, faction_access, selections)
VALUES (:name, :fingerprint, 0, 0, 0, '')
ON CONFLICT (name) DO UPDATE
SET checked_at = iif(fingerprint = excluded.fingerprint, checked_at, 0), fingerprint = excluded.fingerprint
