-- Which key a verdict was about, where Torn never said whose it is: the same text is not tried again.
INSERT INTO key_checks (name, fingerprint, checked_at, access_level, faction_access, selections)
VALUES (:name, :fingerprint, :checked_at, 0, 0, '')
ON CONFLICT (name) DO UPDATE SET fingerprint = excluded.fingerprint, checked_at = excluded.checked_at
