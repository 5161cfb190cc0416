-- Stores a pause for the calls of one scope. Later runs wait for it too.
-- A pause is never shortened, except one that ends more than a day ahead: it was stored while the clock was wrong.
--
-- :scope      'address' or 'personalstats'
-- :owner_id   player id of the key's owner; 0 for the address
-- :cause      'block', 'rate_limit' or 'daily_limit'
-- :until      unix seconds; end of the pause
-- :reason     Torn's message
-- :now        unix seconds
INSERT INTO api_pauses (scope, owner_id, cause, until, reason)
VALUES (:scope, :owner_id, :cause, :until, :reason)
ON CONFLICT (scope, owner_id) DO UPDATE SET
    cause = excluded.cause,
    until = excluded.until,
    reason = excluded.reason
WHERE excluded.until > until OR until > :now + 86400
