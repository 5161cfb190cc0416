-- Remembers which key a state belongs to. A key that was replaced is checked again.
INSERT INTO key_checks (name, fingerprint, checked_at, access_level)
VALUES (:name, :fingerprint, 0, 0)
ON CONFLICT (name) DO UPDATE
SET checked_at = iif(fingerprint = excluded.fingerprint, checked_at, 0), fingerprint = excluded.fingerprint
