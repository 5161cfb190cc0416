-- No calls of this scope before then. A pause is never shortened, unless a clock that was ahead has written it.
INSERT INTO api_pauses (scope, owner_id, cause, until, reason)
VALUES (:scope, :owner_id, :cause, :until, :reason)
ON CONFLICT (scope, owner_id) DO UPDATE
SET cause = excluded.cause, until = excluded.until, reason = excluded.reason
WHERE excluded.until > until OR until > :now + 86400
