-- No calls of this scope before then. A pause is never shortened.
INSERT INTO api_pauses (scope, until, reason)
VALUES (:scope, :until, :reason)
ON CONFLICT (scope) DO UPDATE
SET until = excluded.until, reason = excluded.reason
WHERE excluded.until > until
